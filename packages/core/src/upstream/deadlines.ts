import type { Clock } from "../clock.ts";
import { Crowd, type Member } from "../crowd.ts";

/** Something that ends at a moment unless it is removed before. */
export interface Deadline extends Member {
  /** By the clock, in milliseconds. */
  at: number;
  expire(): void;
}

/**
 * The deadlines of many calls on one timer. It is left running when its call is answered and looks for the next one when
 * it fires: nearly every call is answered long before, and a timer of its own would cost each 5 µs.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #open = new Crowd<Deadline>();
  #firesAt = Number.POSITIVE_INFINITY;
  #stopTimer = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Adds a deadline, or notes that one has moved. */
  set(deadline: Deadline): void {
    this.#open.join(deadline);
    if (deadline.at < this.#firesAt) this.#arm(deadline.at);
  }

  remove(deadline: Deadline): void {
    this.#open.leave(deadline);
  }

  /** Forgets all of them. */
  clear(): void {
    this.#open.clear();
    this.#stopTimer();
    this.#firesAt = Number.POSITIVE_INFINITY;
  }

  #arm(at: number): void {
    this.#stopTimer();
    this.#firesAt = at;
    this.#stopTimer = this.#clock.after(at - this.#clock.now(), () => this.#fire());
  }

  #fire(): void {
    this.#firesAt = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const deadline of this.#open.all()) {
      // What has expired before it may have removed it.
      if (!this.#open.has(deadline)) continue;
      if (deadline.at > now) {
        next = Math.min(next, deadline.at);
        continue;
      }
      this.#open.leave(deadline);
      deadline.expire();
    }
    // What expired may have set others.
    if (next < this.#firesAt) this.#arm(next);
  }
}
