import { randomBytes } from "node:crypto";
import {
  errorFrame,
  type Frame,
  type FrameSendOptions,
  frameOf,
  type JsonRpcMessage,
  OmgError,
  type RequestId,
  type SendOptions,
  type Session,
  type Transport,
} from "@omg/core";
import type { HttpContext } from "./context.ts";
import type { Exchange } from "./exchange.ts";
import { Refusal } from "./http-errors.ts";
import type { SseStream } from "./sse-stream.ts";

const taken = Promise.resolve();

/** Hints that wait for the client's event stream. */
const MAX_HINTS = 16;

/** One client's conversation over HTTP: the transport that core sees, spread over many requests. */
export class HttpSession implements Transport {
  readonly sessionId = randomBytes(32).toString("base64url");
  /** The one server of a transparent session; `undefined`: the aggregate. */
  readonly server: string | undefined;
  readonly openedAt = Date.now();
  lastUsed = this.openedAt;
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

  readonly #context: HttpContext;
  readonly #exchanges = new Map<RequestId, Exchange>();
  readonly #hints = new Map<string, Frame>();
  #stream: SseStream | undefined;
  #initialize: RequestId | undefined;
  #closed = false;

  constructor(context: HttpContext, server: string | undefined) {
    this.#context = context;
    this.server = server;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Whether a request waits for its answer or the event stream is open. */
  get busy(): boolean {
    return this.#exchanges.size > 0 || this.#stream !== undefined;
  }

  get hasStream(): boolean {
    return this.#stream !== undefined;
  }

  async start(): Promise<void> {}

  send(message: JsonRpcMessage, options?: SendOptions): Promise<void> {
    return this.sendFrame(frameOf(message), options);
  }

  sendFrame(frame: Frame, options?: FrameSendOptions): Promise<void> {
    const { kind, id } = frame.head;
    try {
      if (kind === "result" || kind === "error") this.#answer(frame, id);
      else if (options?.relatedRequestId !== undefined) this.#relate(frame, options.relatedRequestId);
      else this.#tell(frame);
      return taken;
    } catch (error) {
      return Promise.reject(error);
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const ended = new OmgError("cancelled", { message: "The session has ended", executed: "unknown" });
    for (const [id, exchange] of this.#exchanges) exchange.answer(errorFrame(id, ended));
    this.#exchanges.clear();
    this.#stream?.end();
    this.onclose?.();
  }

  /** Notes whose answers an exchange waits for. Refuses ids that are in flight already. */
  expect(exchange: () => Exchange, requests: readonly Frame[]): void {
    const ids = new Set<RequestId>();
    for (const { head } of requests) {
      const id = head.id as RequestId;
      if (this.#exchanges.has(id) || ids.has(id))
        throw new Refusal(400, `A request with the id ${JSON.stringify(id)} is in flight`);
      ids.add(id);
    }
    const opened = exchange();
    for (const { head } of requests) {
      this.#exchanges.set(head.id as RequestId, opened);
      if (head.method === "initialize") this.#initialize = head.id;
    }
  }

  /** Hands a message of the client to core. */
  receive(frame: Frame): void {
    const { kind, id, method, requestId } = frame.head;
    if (kind === "request" && method !== "initialize") this.used = true;
    try {
      if (this.onframe !== undefined) this.onframe(frame);
      else this.onmessage?.(frame.value());
    } catch (error) {
      this.#context.emit({ type: "http-error", error });
      if (kind === "request") this.#answer(errorFrame(id, error), id);
    }
    if (method === "notifications/cancelled" && requestId !== undefined) this.#withdraw(requestId);
  }

  /** Takes the client's event stream, and sends what waited for it. */
  attach(stream: SseStream): void {
    this.#stream = stream;
    for (const hint of this.#hints.values()) stream.write(hint);
    this.#hints.clear();
  }

  endStream(): void {
    this.#stream?.end();
  }

  detach(): void {
    this.#stream = undefined;
    this.lastUsed = Date.now();
  }

  #answer(frame: Frame, id: RequestId | undefined): void {
    const exchange = id === undefined ? undefined : this.#exchanges.get(id);
    if (id === undefined || exchange === undefined) {
      this.#drop();
      return;
    }
    if (id === this.#initialize) {
      this.#initialize = undefined;
      this.protocolVersion = negotiatedVersion(frame);
    }
    this.#exchanges.delete(id);
    this.lastUsed = Date.now();
    exchange.answer(frame);
  }

  #relate(frame: Frame, request: RequestId): void {
    if (this.#exchanges.get(request)?.relate(frame)) return;
    this.#undeliverable(frame, "the client takes no event stream for this request, or has left");
  }

  #tell(frame: Frame): void {
    const { method = "" } = frame.head;
    if (this.#stream !== undefined && !this.#stream.closed) this.#stream.write(frame);
    else if (method.endsWith("/list_changed") && (this.#hints.has(method) || this.#hints.size < MAX_HINTS)) {
      this.#hints.set(method, frame);
    } else this.#undeliverable(frame, "the client has no event stream open");
  }

  /** Drops a notification; for a request, tells core that no answer will ever come. */
  #undeliverable(frame: Frame, why: string): void {
    this.#drop();
    if (frame.head.kind !== "request") return;
    throw new OmgError("method_not_found", { message: `The client can not be asked: ${why}` });
  }

  #withdraw(id: RequestId): void {
    // `initialize` can not be cancelled.
    if (id === this.#initialize) return;
    const exchange = this.#exchanges.get(id);
    this.#exchanges.delete(id);
    exchange?.withdraw(id);
  }

  #drop(): void {
    this.#context.counters.droppedFrames++;
  }
}

function negotiatedVersion(answer: Frame): string | undefined {
  const message = answer.value();
  const version = "result" in message ? message.result.protocolVersion : undefined;
  return typeof version === "string" ? version : undefined;
}
