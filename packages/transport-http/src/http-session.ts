import { randomBytes } from "node:crypto";
import {
  errorFrame,
  type Frame,
  type FrameSendOptions,
  frameOf,
  type JsonRpcMessage,
  notificationFrame,
  OmgError,
  type RequestId,
  RequestTable,
  type SendOptions,
  type Session,
  type StreamCloseOptions,
  type Transport,
} from "@omg/core";
import type { HttpContext } from "./context.ts";
import { EventStore } from "./event-store.ts";
import { Exchange, type ExchangeOwner, type Post } from "./exchange.ts";
import { Refusal } from "./http-errors.ts";
import type { FrontSession, Owner } from "./sessions.ts";
import { StandaloneStream } from "./standalone-stream.ts";

const taken = Promise.resolve();

const unread = new OmgError("overloaded", {
  detail: "unread",
  executed: "unknown",
  message: "The client did not read its event stream, and the call was cancelled",
});

/** The first revision whose clients take an event without data. */
const PRIMING_VERSION = "2025-11-25";

/** One client's conversation over HTTP: the transport that core sees, spread over many requests. */
export class HttpSession implements FrontSession, ExchangeOwner {
  readonly sessionId = randomBytes(32).toString("base64url");
  readonly context: HttpContext;
  readonly owner: Owner;
  readonly events: EventStore;
  readonly standalone: StandaloneStream;
  readonly openedAt: number;
  lastUsed: number;
  /** Whether the client has asked for anything since its handshake. */
  used = false;
  /** Core's side, once connected. */
  core: Session | undefined;
  /** What `initialize` settled on. */
  protocolVersion: string | undefined;
  onframe: Transport["onframe"];
  onmessage: Transport["onmessage"];
  onclose: Transport["onclose"];
  onerror: Transport["onerror"];

  readonly #exchanges = new RequestTable<Exchange>();
  #initialize: RequestId | undefined;
  #closed = false;

  constructor(context: HttpContext, owner: Owner) {
    this.context = context;
    this.owner = owner;
    this.openedAt = context.clock.now();
    this.lastUsed = this.openedAt;
    this.events = new EventStore(context, () => (this.protocolVersion ?? "") >= PRIMING_VERSION);
    this.standalone = new StandaloneStream(this.events, context.limits.heldRequests);
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether a request waits for its answer or the event stream is open. */
  get busy(): boolean {
    return this.#exchanges.size > 0 || this.standalone.connected;
  }

  async start(): Promise<void> {}

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    return this.sendFrame(frameOf(message), options);
  }

  sendFrame(frame: Frame, options?: FrameSendOptions): Promise<void> {
    const { kind, id } = frame.head;
    try {
      if (kind === "result" || kind === "error") this.#answer(frame, id, options?.streamed);
      else if (!this.standalone.takeBack(frame)) {
        const request = options?.relatedRequestId;
        if (!(request === undefined ? this.standalone.tell(frame) : this.#relate(frame, request)))
          this.#undeliverable(frame);
      }
      return taken;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  closeStream(requestId: RequestId, { retryMs }: StreamCloseOptions = {}): void {
    this.#exchanges.get(requestId)?.closeStream(retryMs);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const ended = new OmgError("cancelled", { message: "The session has ended", executed: "unknown" });
    for (const [id, exchange] of this.#exchanges.entries()) exchange.answer(errorFrame(id, ended));
    this.#exchanges.clear();
    this.events.close();
    this.onclose?.();
  }

  /** Notes that a POST waits for the answers of these requests. Refuses ids that are in flight already. */
  expect(requests: readonly Frame[], post: Post): void {
    const ids = requests.map(({ head }) => head.id as RequestId);
    const clash = ids.find((id, index) => this.#exchanges.has(id) || ids.indexOf(id) < index);
    if (clash !== undefined)
      throw new Refusal(400, `A request with the id ${JSON.stringify(clash)} is in flight`);
    const exchange = new Exchange(this, post, requests.length);
    for (const { head } of requests) {
      this.#exchanges.add(head.id as RequestId, exchange);
      if (head.method === "initialize") this.#initialize = head.id;
    }
  }

  /** Hands a message of the client to core. */
  receive(frame: Frame): void {
    const { kind, method, requestId } = frame.head;
    if (kind === "request" && method !== "initialize") this.used = true;
    this.#hand(frame);
    if (method === "notifications/cancelled" && requestId !== undefined) this.#withdraw(requestId);
  }

  /** The client does not read what comes for these calls: they are cancelled, and if it comes back, it learns that. */
  giveUp(exchange: Exchange): void {
    for (const [id, waiting] of this.#exchanges.entries()) {
      if (waiting !== exchange || id === this.#initialize) continue;
      this.#hand(notificationFrame("notifications/cancelled", { requestId: id, reason: unread.message }));
      this.#answer(errorFrame(id, unread), id);
    }
  }

  /** The client is still there. */
  touch(): void {
    this.lastUsed = this.context.clock.now();
  }

  endStream(): void {
    this.standalone.disconnect();
  }

  expire(now: number): void {
    this.events.expire(now);
  }

  #hand(frame: Frame): void {
    try {
      if (this.onframe !== undefined) this.onframe(frame);
      else this.onmessage?.(frame.value());
    } catch (error) {
      this.context.emit({ type: "http-error", error });
      const { kind, id } = frame.head;
      if (kind === "request") this.#answer(errorFrame(id, error), id);
    }
  }

  #answer(frame: Frame, id: RequestId | undefined, streamed = false): void {
    const exchange = id === undefined ? undefined : this.#exchanges.take(id);
    if (exchange === undefined) {
      this.#drop();
      return;
    }
    if (id === this.#initialize) {
      this.#initialize = undefined;
      this.protocolVersion = negotiatedVersion(frame);
    }
    this.touch();
    exchange.answer(frame, { streamed });
  }

  /** Sends what belongs to a request over its stream. Returns whether the client can get it. */
  #relate(frame: Frame, request: RequestId): boolean {
    const exchange = this.#exchanges.get(request);
    if (exchange?.relate(frame)) return true;
    // A client that takes no stream for its request can be asked over its other one; what it was asked can be taken back.
    const { kind, method } = frame.head;
    const asks = kind === "request" && exchange?.streams === false;
    const takesBack = method === "notifications/cancelled" && exchange?.streams !== true;
    return (asks || takesBack) && this.standalone.connected && this.standalone.tell(frame);
  }

  /** Drops a notification; for a request, tells core that no answer will ever come. */
  #undeliverable(frame: Frame): void {
    this.#drop();
    if (frame.head.kind !== "request") return;
    const message =
      "The client can not be asked: it takes no event stream for this request, has left, or has none open";
    throw new OmgError("method_not_found", { message });
  }

  #withdraw(id: RequestId): void {
    // `initialize` can not be cancelled.
    if (id === this.#initialize) return;
    this.#exchanges.take(id)?.withdraw(id);
  }

  #drop(): void {
    this.context.counters.droppedFrames++;
  }
}

function negotiatedVersion(answer: Frame): string | undefined {
  const message = answer.value();
  const version = "result" in message ? message.result.protocolVersion : undefined;
  return typeof version === "string" ? version : undefined;
}
