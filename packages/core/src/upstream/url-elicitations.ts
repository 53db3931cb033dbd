import type { Frame } from "../runtime/frame.ts";
import type { Caller } from "../session/call.ts";

const maxOpen = 1000;
/** MCP 2025-11-25: the call needs what the user does at a URL first. */
const urlElicitationRequired = -32042;

/** Who was sent to which URL by one instance (MCP 2025-11-25), to hear when it is done. */
export class UrlElicitations {
  readonly #callers = new Map<string, Caller>();

  /** A server sends the user of a caller to a URL. */
  asked(question: Frame, caller: Caller): void {
    const message = question.value();
    if ("method" in message) this.#note(message.params?.elicitationId, caller);
  }

  /** A call failed with an error that may ask the same. */
  failed(answer: Frame, caller: Caller): void {
    const message = answer.value();
    // A server's error may have any shape.
    const error = "error" in message ? (message.error as typeof message.error | null) : undefined;
    if (error?.code !== urlElicitationRequired) return;
    const { elicitations } = (error.data ?? {}) as { elicitations?: unknown };
    if (!Array.isArray(elicitations)) return;
    for (const elicitation of elicitations) {
      this.#note((elicitation as { elicitationId?: unknown } | null)?.elicitationId, caller);
    }
  }

  /** Who is to hear that one is done; nobody twice. */
  completed(notification: Frame): Caller | undefined {
    const message = notification.value();
    const id = "method" in message ? message.params?.elicitationId : undefined;
    if (typeof id !== "string") return undefined;
    const caller = this.#callers.get(id);
    this.#callers.delete(id);
    return caller;
  }

  endSession(session: string): void {
    for (const [id, caller] of this.#callers) if (caller.id === session) this.#callers.delete(id);
  }

  #note(id: unknown, caller: Caller): void {
    // The first who was asked hears of it: a server must not use an id twice.
    if (typeof id !== "string" || this.#callers.has(id)) return;
    this.#callers.set(id, caller);
    const [oldest] = this.#callers.keys();
    if (this.#callers.size > maxOpen && oldest !== undefined) this.#callers.delete(oldest);
  }
}
