import { Crowd, type Member } from "@omg/core";

/** A request that waits for its answer. */
export interface Waiting extends Member {
  /** Whoever it is told to sets this: until when it does not wait for long. */
  until: number;
  /** It has waited for long. */
  onLong(): void;
}

/**
 * Tells requests that they wait for long, all on one timer that is left running when a request is answered: a timer of
 * its own would cost each 5 µs.
 */
export class Patience {
  readonly #ms: number;
  readonly #waiting = new Crowd<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `onLong` after the time, unless it is stopped before. */
  start(waiting: Waiting): void {
    waiting.until = performance.now() + this.#ms;
    this.#waiting.join(waiting);
    this.#timer ??= this.#fireAfter(this.#ms);
  }

  stop(waiting: Waiting): void {
    this.#waiting.leave(waiting);
  }

  #fireAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#fire(), ms).unref();
  }

  #fire(): void {
    this.#timer = undefined;
    const now = performance.now();
    let next = Number.POSITIVE_INFINITY;
    for (const waiting of this.#waiting.all()) {
      // What was told before it may have stopped it.
      if (!this.#waiting.has(waiting)) continue;
      if (waiting.until > now) {
        next = Math.min(next, waiting.until);
        continue;
      }
      this.#waiting.leave(waiting);
      waiting.onLong();
    }
    if (next < Number.POSITIVE_INFINITY) this.#timer ??= this.#fireAfter(next - now);
  }
}
