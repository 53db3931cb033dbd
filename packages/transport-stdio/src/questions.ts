import type { Frame, RequestId } from "@omg/core";

/** What the gateway has asked the client, and which session wants the answer: ids mean something in their session only. */
export class Questions<Session> {
  readonly #open = new Map<RequestId, Session>();

  /** Notes what the gateway says in a session. */
  heard({ head }: Frame, session: Session): void {
    if (head.kind === "request" && head.id !== undefined) this.#open.set(head.id, session);
    else if (head.method === "notifications/cancelled" && head.requestId !== undefined)
      this.#open.delete(head.requestId);
  }

  /** Gives the session that waits for this answer, if one does. */
  answered({ head }: Frame): Session | undefined {
    if (head.id === undefined) return undefined;
    const session = this.#open.get(head.id);
    this.#open.delete(head.id);
    return session;
  }

  /** Gives the questions that nobody asks any more, since their session has ended. */
  end(session: Session): RequestId[] {
    const ended = [...this.#open].filter(([, asker]) => asker === session).map(([id]) => id);
    for (const id of ended) this.#open.delete(id);
    return ended;
  }
}
