import { type Frame, notificationFrame, type RequestId, reasons } from "@omg/core";
import type { GatewayRequests } from "./gateway-requests.ts";
import { listTools } from "./list-tools.ts";
import { mirrorHeaders } from "./mirror-headers.ts";
import { readAnswer } from "./read-response.ts";
import { cutOff } from "./refusals.ts";
import { ToolHeaders } from "./tool-headers.ts";

const listenMethod = "subscriptions/listen";

/** Requests of the modern era: each is a POST of its own, and closing it is how it is cancelled. */
export class ModernRequests {
  readonly #gateway: GatewayRequests;
  readonly #deliver: (frame: Frame) => void;
  readonly #waiting = new Map<RequestId, AbortController>();
  readonly #tools = new ToolHeaders();
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
      const told = this.#told(request, deliver);
      const sent = this.#tools.of(request);
      const refusal = await this.#post(request, sent, signal, told);
      if (refusal) await this.#sendAgain(request, sent, signal, told, refusal);
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

  /** Delivers what comes of a request, but for the refusal of a call over its headers, which is returned. */
  async #post(
    request: Frame,
    own: Record<string, string>,
    signal: AbortSignal,
    deliver: (frame: Frame) => void,
  ): Promise<Frame | undefined> {
    const response = await this.#gateway.postModern(request, { ...mirrorHeaders(request), ...own }, signal);
    let refusal: Frame | undefined;
    const take = (frame: Frame) => {
      if (response.status === 400 && isHeaderMismatch(request, frame)) refusal = frame;
      else deliver(frame);
    };
    await readAnswer({ url: this.#gateway.url, request, response, deliver: take });
    return refusal;
  }

  /** The call was refused before it ran: once more, if its tool is found to want other headers than were sent. */
  async #sendAgain(
    request: Frame,
    sent: Record<string, string>,
    signal: AbortSignal,
    deliver: (frame: Frame) => void,
    refusal: Frame,
  ): Promise<void> {
    await listTools(this.#gateway, request, this.#tools, signal);
    const wanted = this.#tools.of(request);
    const isOther = JSON.stringify(wanted) !== JSON.stringify(sent);
    const last = isOther ? await this.#post(request, wanted, signal, deliver) : refusal;
    if (last) deliver(last);
  }

  /**
   * What else comes of what is said: tools that are listed are remembered, and over stdio the end of a subscription is also
   * said by a notification (MCP 2026-07-28, cancellation).
   */
  #told(request: Frame, deliver: (frame: Frame) => void): (frame: Frame) => void {
    const { method } = request.head;
    if (method === "tools/list") {
      return (frame) => {
        this.#tools.learn(frame);
        deliver(frame);
      };
    }
    if (method !== listenMethod) return deliver;
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

function isHeaderMismatch({ head }: Frame, answer: Frame): boolean {
  if (head.method !== "tools/call" || answer.head.kind !== "error") return false;
  const message = answer.value();
  return "error" in message && message.error?.code === reasons.header_mismatch.code;
}
