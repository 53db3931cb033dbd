import type { Clock } from "@omg/core";

/** A clock that runs faster than the world, so that idle stops and backoffs fit into a short history. */
export class FastClock implements Clock {
  readonly #speed: number;
  #armed = 0;

  constructor(speed: number) {
    this.#speed = speed;
  }

  now(): number {
    return performance.now() * this.#speed;
  }

  date(): Date {
    return new Date();
  }

  after(ms: number, action: () => void): () => void {
    let isArmed = true;
    const disarm = () => {
      if (isArmed) this.#armed--;
      isArmed = false;
    };
    this.#armed++;
    const timer = setTimeout(() => {
      disarm();
      action();
    }, ms / this.#speed);
    return () => {
      disarm();
      clearTimeout(timer);
    };
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#armed;
  }
}
