import type { Clock } from "../clock.ts";

/** So many at once, and so many again within each such time. */
export interface Rate {
  readonly count: number;
  readonly withinMs: number;
}

/** Says whether what it counts keeps to a rate. */
export class RateMeter {
  readonly #clock: Clock;
  readonly #rate: Rate;
  #left: number;
  #at: number;

  constructor(clock: Clock, rate: Rate) {
    this.#clock = clock;
    this.#rate = rate;
    this.#left = rate.count;
    this.#at = clock.now();
  }

  /** Counts one more. Returns whether it is within the rate; what is not does not count. */
  count(): boolean {
    const { count, withinMs } = this.#rate;
    const now = this.#clock.now();
    this.#left = Math.min(count, this.#left + ((now - this.#at) * count) / withinMs);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
