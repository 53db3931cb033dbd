import { type Frame, notificationFrame, type RequestId } from "@omg/core";
import type { GatewayRequests } from "./gateway-requests.ts";
import { mirrorHeaders } from "./mirror-headers.ts";
import { readAnswer } from "./read-response.ts";
import { cutOff } from "./refusals.ts";

const listenMethod = "subscriptions/listen";

/** Requests of the modern era: each is a POST of its own, and closing it is how it is cancelled. */
export class ModernRequests {
  readonly #gateway: GatewayRequests;
  readonly #deliver: (frame: Frame) => void;
  readonly #waiting = new Map<RequestId, AbortController>();
  #used = false;
  #closed = false;

  constructor(gateway: GatewayRequests, deliver: (frame: Frame) => void) {
    this.#gateway = gateway;
    this.#deliver = deliver;
  }

  /** Whether there has been one. */
  get used(): boolean {
    return this.#used;
  }

  /** Resolves when a request has its answer. Rejects with what to answer instead. */
  async send(request: Frame, id: RequestId): Promise<void> {
    const waiting = new AbortController();
    const { signal } = waiting;
    this.#used = true;
    this.#waiting.set(id, waiting);
    // What comes after the client has cancelled is not for it: the id may be that of another request by then.
    const deliver = (frame: Frame) => {
      if (!signal.aborted) this.#deliver(frame);
    };
    try {
      const response = await this.#gateway.postModern(request, mirrorHeaders(request), signal);
      await readAnswer({ url: this.#gateway.url, request, response, deliver: this.#told(request, deliver) });
    } catch (error) {
      throw this.#closed ? cutOff(this.#gateway.url) : error;
    } finally {
      if (this.#waiting.get(id) === waiting) this.#waiting.delete(id);
    }
  }

  /** Takes a request back. Returns whether it was one of these that wait. */
  cancel(id: RequestId): boolean {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    waiting?.abort();
    return waiting !== undefined;
  }

  /** Gives up what is in flight. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#waiting.keys()]) this.cancel(id);
  }

  /** Over stdio the end of a subscription is also said by a notification (MCP 2026-07-28, cancellation). */
  #told(request: Frame, deliver: (frame: Frame) => void): (frame: Frame) => void {
    if (request.head.method !== listenMethod) return deliver;
    return (frame) => {
      deliver(frame);
      // After the answer: a client that hears of it first takes the end for a loss.
      if (frame.head.kind === "result") {
        deliver(notificationFrame("notifications/cancelled", { requestId: request.head.id }));
      }
    };
  }
}

/** Whether a request stays open for as long as its client is there. */
export function listens({ head }: Frame): boolean {
  return head.method === listenMethod && head.version !== undefined;
}
