interface Waiting {
  readonly until: number;
  readonly onLong: () => void;
}

/**
 * Tells requests that they wait for long, all on one timer that is left running when a request is answered: a timer of
 * its own would cost each 5 µs.
 */
export class Patience {
  readonly #ms: number;
  /** In the order in which their time is over. */
  readonly #waiting = new Set<Waiting>();
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /** Calls `onLong` after the time; call what it returns to prevent that. */
  start(onLong: () => void): () => void {
    const waiting = { until: performance.now() + this.#ms, onLong };
    this.#waiting.add(waiting);
    this.#timer ??= this.#fireAfter(this.#ms);
    return () => this.#waiting.delete(waiting);
  }

  #fireAfter(ms: number): NodeJS.Timeout {
    return setTimeout(() => this.#fire(), ms).unref();
  }

  #fire(): void {
    this.#timer = undefined;
    const now = performance.now();
    for (const waiting of this.#waiting) {
      if (waiting.until > now) {
        this.#timer ??= this.#fireAfter(waiting.until - now);
        return;
      }
      this.#waiting.delete(waiting);
      waiting.onLong();
    }
  }
}
