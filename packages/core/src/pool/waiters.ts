import type { OmgError } from "../runtime/errors.ts";
import type { Lease, LeaseOptions } from "./slot-types.ts";

interface Waiter {
  readonly urgent: boolean;
  resolve(lease: Lease): void;
  reject(error: OmgError): void;
}

/** Those who wait for one start. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();

  get size(): number {
    return this.#waiters.size;
  }

  /** Whether a client is among them. */
  get areUrgent(): boolean {
    for (const { urgent } of this.#waiters) if (urgent) return true;
    return false;
  }

  /** Waits for the start, until it is given up. */
  wait({ urgent, onWait }: LeaseOptions): Promise<Lease> {
    return new Promise((resolve, reject) => {
      const waiter = { urgent, resolve, reject };
      this.#waiters.add(waiter);
      onWait?.((error) => {
        if (this.#waiters.delete(waiter)) reject(error);
      });
    });
  }

  /** Gives all of them the instance; `take` makes the lease of each. */
  resolve(take: () => Lease): void {
    for (const waiter of this.#waiters) waiter.resolve(take());
    this.#waiters.clear();
  }

  reject(error: OmgError): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
  }
}
