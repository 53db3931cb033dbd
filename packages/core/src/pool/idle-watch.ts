import type { Clock } from "../clock.ts";

export interface IdleWatchOptions {
  readonly clock: Clock;
  /** Milliseconds without use before it is idle; 0: never. */
  readonly timeoutMs: number;
  readonly isAwake: () => boolean;
  readonly onIdle: (idleMs: number) => void;
}

/** Watches for the moment when an instance has not been used for long. One timer for all the time, so that a call costs none. */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  #lastUse = 0;
  #stopTimer = () => {};
  /** The time is over, but somebody is using the instance. */
  #isOver = false;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#lastUse = this.#options.clock.now();
    if (this.#options.timeoutMs > 0) this.#watch(this.#options.timeoutMs);
  }

  /** A use has ended. */
  used(): void {
    const { clock, timeoutMs, isAwake } = this.#options;
    this.#lastUse = clock.now();
    if (this.#isOver && !isAwake()) this.#watch(timeoutMs);
  }

  stop(): void {
    this.#stopTimer();
    this.#isOver = false;
  }

  #watch(ms: number): void {
    const { clock, timeoutMs, isAwake, onIdle } = this.#options;
    this.#isOver = false;
    this.#stopTimer = clock.after(ms, () => {
      const idleMs = clock.now() - this.#lastUse;
      if (isAwake()) this.#isOver = true;
      else if (idleMs < timeoutMs) this.#watch(timeoutMs - idleMs);
      else onIdle(idleMs);
    });
  }
}
