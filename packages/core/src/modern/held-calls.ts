import { OmgError } from "../runtime/errors.ts";
import type { ModernCall } from "./modern-call.ts";

const maxHeld = 1000;
/** Over HTTP, one principal is everybody with the same key. */
const maxHeldOfOne = 500;

/** The calls that wait for their client to come back with what their servers asked for, and how many there may be. */
export class HeldCalls {
  readonly #calls = new Map<string, ModernCall>();
  readonly #counts = new Map<string, number>();

  get size(): number {
    return this.#calls.size;
  }

  get(id: string): ModernCall | undefined {
    return this.#calls.get(id);
  }

  /** Holds a call, which may be held already. Throws `overloaded`. */
  add(call: ModernCall): void {
    if (this.#calls.has(call.id)) return;
    const count = this.#counts.get(call.principal) ?? 0;
    if (this.#calls.size >= maxHeld) throw tooManyError(`The gateway holds ${maxHeld} calls`);
    if (count >= maxHeldOfOne) throw tooManyError(`The gateway holds ${maxHeldOfOne} calls of this client`);
    this.#calls.set(call.id, call);
    this.#counts.set(call.principal, count + 1);
  }

  remove(call: ModernCall): void {
    if (!this.#calls.delete(call.id)) return;
    const count = (this.#counts.get(call.principal) ?? 0) - 1;
    if (count > 0) this.#counts.set(call.principal, count);
    else this.#counts.delete(call.principal);
  }

  /** No client can come back any more, or one that is named. */
  end(why: OmgError, principal?: string): void {
    for (const call of [...this.#calls.values()]) {
      if (principal === undefined || call.principal === principal) call.abandon(why);
    }
  }
}

function tooManyError(what: string): OmgError {
  return new OmgError("overloaded", {
    detail: "held_calls",
    executed: "unknown",
    retryAfterMs: 1000,
    message: `${what} that wait for input, its limit; answer those first`,
  });
}
