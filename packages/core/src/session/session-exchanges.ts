import { type Frame, notificationFrame, type RequestId } from "../runtime/frame.ts";

export interface SessionExchangesOptions {
  /** Answers a request of the modern era; never rejects. */
  readonly exchange: (frame: Frame, how: { signal: AbortSignal; tell(frame: Frame): void }) => Promise<Frame>;
  /** Takes a frame to the client; `id`: its request that the frame belongs to. */
  readonly send: (frame: Frame, id: RequestId) => void;
  /** Nothing is in flight any more. */
  readonly onIdle: () => void;
}

const listening = "subscriptions/listen";

/**
 * Requests of the modern era that come in on a session's transport: each stands for itself, whatever the session is. One
 * client may mix both eras.
 */
export class SessionExchanges {
  readonly #options: SessionExchangesOptions;
  readonly #open = new Map<RequestId, { readonly abort: AbortController; readonly isListen: boolean }>();

  constructor(options: SessionExchangesOptions) {
    this.#options = options;
  }

  has(id: RequestId): boolean {
    return this.#open.has(id);
  }

  /** Requests that will be answered: one that listens need not be. */
  get inFlight(): number {
    let count = 0;
    for (const { isListen } of this.#open.values()) if (!isListen) count++;
    return count;
  }

  /** How many are open, those that listen included. */
  get size(): number {
    return this.#open.size;
  }

  async answer(frame: Frame): Promise<void> {
    const { exchange, send, onIdle } = this.#options;
    const id = frame.head.id as RequestId;
    const abort = new AbortController();
    const { signal } = abort;
    const isListen = frame.head.method === listening;
    this.#open.set(id, { abort, isListen });
    const tell = (message: Frame) => {
      if (!signal.aborted) send(message, id);
    };
    const answer = await exchange(frame, { signal, tell });
    this.#open.delete(id);
    // Who has cancelled a request expects no answer.
    if (!signal.aborted) {
      send(answer, id);
      // MCP wants both, where a connection is not closed with its request. Clients take the first for how it ended.
      if (isListen && answer.head.kind === "result") send(cancellation(id), id);
    }
    if (this.inFlight === 0) onIdle();
  }

  cancel(id: RequestId): void {
    this.#open.get(id)?.abort.abort();
  }

  end(): void {
    for (const { abort } of this.#open.values()) abort.abort();
  }
}

function cancellation(requestId: RequestId): Frame {
  return notificationFrame("notifications/cancelled", {
    requestId,
    reason: "The gateway ends the subscription",
  });
}
