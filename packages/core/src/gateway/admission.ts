import type { Clock } from "../clock.ts";
import { OmgError } from "../runtime/errors.ts";
import { drainingError } from "./gateway-errors.ts";

const maxCallsInFlight = 16_384;

/** Counts the requests of all clients: how many may be in flight, and when none is any more. */
export class Admission {
  #total = 0;
  #inFlight = 0;
  #closed = false;
  #whenEmpty = () => {};

  /** All requests so far. */
  get total(): number {
    return this.#total;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes a request in, which must `leave` later. Throws when it may not come in now. */
  enter(): void {
    this.#total++;
    this.mustBeOpen();
    if (this.#inFlight >= maxCallsInFlight) {
      throw new OmgError("overloaded", {
        detail: "inflight",
        retryAfterMs: 1000,
        message: `The gateway has ${maxCallsInFlight} calls in flight, its limit; try again shortly`,
      });
    }
    this.#inFlight++;
  }

  leave(): void {
    this.#inFlight--;
    if (this.#inFlight === 0) this.#whenEmpty();
  }

  mustBeOpen(): void {
    if (this.#closed) throw drainingError();
  }

  /** Lets nothing in from now on. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when nothing is in flight, or after `timeoutMs`. */
  async empty(timeoutMs: number, clock: Clock): Promise<void> {
    if (this.#inFlight === 0) return;
    await new Promise<void>((resolve) => {
      const stopTimer = clock.after(timeoutMs, resolve);
      this.#whenEmpty = () => {
        stopTimer();
        resolve();
      };
    });
  }
}
