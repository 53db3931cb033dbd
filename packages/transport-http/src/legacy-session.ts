import { randomBytes } from "node:crypto";
import {
  errorFrame,
  type Frame,
  frameOf,
  type JsonRpcMessage,
  type RequestId,
  type Session,
  type Transport,
} from "@omg/core";
import type { HttpContext } from "./context.ts";
import { Refusal } from "./http-errors.ts";
import type { FrontSession, Owner } from "./sessions.ts";
import { endpointEvent, messageEvent } from "./sse-event.ts";
import type { SseStream } from "./sse-stream.ts";

const taken = Promise.resolve();

/** One client's conversation over the transport of 2024-11-05: everything for the client goes over its one stream. */
export class LegacySession implements FrontSession {
  readonly sessionId = randomBytes(32).toString("base64url");
  readonly owner: Owner;
  readonly openedAt: number;
  readonly lastUsed: number;
  used = false;
  core: Session | undefined;
  onframe: Transport["onframe"];
  onmessage: Transport["onmessage"];
  onclose: Transport["onclose"];
  onerror: Transport["onerror"];

  readonly #context: HttpContext;
  readonly #waiting = new Set<RequestId>();
  #stream: SseStream | undefined;
  #closed = false;

  constructor(context: HttpContext, owner: Owner) {
    this.#context = context;
    this.owner = owner;
    this.openedAt = context.clock.now();
    this.lastUsed = this.openedAt;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** It ends with its stream, not for want of use. */
  get busy(): boolean {
    return true;
  }

  async start(): Promise<void> {}

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  sendFrame(frame: Frame): Promise<void> {
    const { kind, id } = frame.head;
    const wanted = kind === "result" || kind === "error" ? this.#settle(id) : true;
    if (wanted && this.#stream !== undefined) this.#stream.write(messageEvent(frame));
    else this.#context.counters.droppedFrames++;
    return taken;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const id of this.#waiting) this.#settle(id);
    this.endStream();
    this.onclose?.();
  }

  /** Begins with where to POST messages. */
  begin(stream: SseStream, path: string): void {
    this.#stream = stream;
    stream.write(endpointEvent(path));
  }

  /** Hands a message of the client to core. Refuses a request whose id is in flight already. */
  receive(frame: Frame): void {
    const { kind, id, method, requestId } = frame.head;
    if (kind === "request" && id !== undefined) {
      this.#expect(id);
      if (method !== "initialize") this.used = true;
    }
    try {
      if (this.onframe !== undefined) this.onframe(frame);
      else this.onmessage?.(frame.value());
    } catch (error) {
      this.#context.emit({ type: "http-error", error });
      if (kind === "request") void this.sendFrame(errorFrame(id, error));
    }
    if (method === "notifications/cancelled") this.#settle(requestId);
  }

  endStream(): void {
    this.#stream?.end();
  }

  #expect(id: RequestId): void {
    if (this.#waiting.has(id))
      throw new Refusal(400, `A request with the id ${JSON.stringify(id)} is in flight`);
    this.#waiting.add(id);
    this.#context.inFlight.enter();
  }

  /** No answer to this is owed any more. Returns whether one was. */
  #settle(id: RequestId | undefined): boolean {
    if (id === undefined || !this.#waiting.delete(id)) return false;
    this.#context.inFlight.leave();
    return true;
  }
}
