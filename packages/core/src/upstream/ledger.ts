import { randomInt } from "node:crypto";
import { OmgError } from "../runtime/errors.ts";
import type { Frame, RequestId } from "../runtime/frame.ts";

/** One request in flight on an instance, and for whom. */
export interface LedgerEntry {
  readonly method: string;
  /** The session the request came from; undefined when the gateway asks for itself. */
  readonly session: string | undefined;
  /** The caller's progress token, to be put back. */
  readonly token: RequestId | undefined;
  answer(frame: Frame): void;
  fail(error: OmgError): void;
  progress(frame: Frame): void;
}

/** What is in flight on one instance. Ids are the gateway's own; they double as progress tokens. */
export class Ledger {
  readonly #entries = new Map<RequestId, LedgerEntry>();
  // Nobody can guess the ids of others' calls.
  #lastId = randomInt(2 ** 32);

  get size(): number {
    return this.#entries.size;
  }

  /** Returns the id under which the request goes up. */
  open(entry: LedgerEntry): number {
    const id = ++this.#lastId;
    this.#entries.set(id, entry);
    return id;
  }

  get(id: RequestId): LedgerEntry | undefined {
    return this.#entries.get(id);
  }

  /** Takes an entry out; its id will never be answered again. */
  close(id: RequestId): LedgerEntry | undefined {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    return entry;
  }

  /** Everything here has been sent: whether it was executed nobody knows. */
  failAll(why: OmgError): void {
    const error =
      why.executed === "unknown"
        ? why
        : new OmgError(why.reason, { ...why, message: why.message, executed: "unknown" });
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const entry of entries) entry.fail(error);
  }
}
