import { type Frame, OmgError, type RequestId } from "@omg/core";
import type { EventStore } from "./event-store.ts";
import type { SseStream } from "./sse-stream.ts";

/** Hints that wait for the client's event stream. */
const MAX_HINTS = 16;

/** What belongs to no request of the client: goes over the stream it opens with GET, or waits for that. */
export class StandaloneStream {
  readonly #events: EventStore;
  readonly #maxRequests: number;
  /** The latest of each kind. */
  readonly #hints = new Map<string, Frame>();
  readonly #requests = new Map<RequestId, Frame>();

  constructor(events: EventStore, maxRequests: number) {
    this.#events = events;
    this.#maxRequests = maxRequests;
  }

  get connected(): boolean {
    return this.#events.standalone.connected;
  }

  /** Takes a message. Returns whether the client can get it; throws `overloaded` for a request too many. */
  tell(frame: Frame): boolean {
    if (this.connected) return this.#events.standalone.send(frame);
    const { kind, id, method = "" } = frame.head;
    if (kind === "request" && id !== undefined) {
      this.#hold(id, frame);
      return true;
    }
    if (method.endsWith("/list_changed") && (this.#hints.has(method) || this.#hints.size < MAX_HINTS)) {
      this.#hints.set(method, frame);
      return true;
    }
    return this.#events.standalone.send(frame);
  }

  /** Forgets a request that waits, if this takes it back. Returns whether it did, so that nobody need hear of it. */
  takeBack({ head }: Frame): boolean {
    const { method, requestId } = head;
    return (
      method === "notifications/cancelled" && requestId !== undefined && this.#requests.delete(requestId)
    );
  }

  /** Goes on after an event, or begins anew, and sends what waited. The connection before is ended. */
  connect(connection: SseStream, after?: number): void {
    const { standalone } = this.#events;
    this.#events.connect(standalone, connection, after);
    for (const frame of [...this.#hints.values(), ...this.#requests.values()]) standalone.send(frame);
    this.#hints.clear();
    this.#requests.clear();
  }

  /** Ends the connection; the client may open another. */
  disconnect(): void {
    this.#events.standalone.disconnect();
  }

  #hold(id: RequestId, frame: Frame): void {
    if (this.#requests.size >= this.#maxRequests) {
      const message = `${this.#maxRequests} requests wait for the client to open its event stream, the limit`;
      throw new OmgError("overloaded", { detail: "inflight", message });
    }
    this.#requests.set(id, frame);
  }
}
