import { randomUUID } from "node:crypto";
import { errorFrame } from "../errors/error-frame.ts";
import { type FrameLane, frameLane } from "../frame-lane.ts";
import type { Session } from "../gateway/types.ts";
import type { Endpoint } from "../router/endpoint.ts";
import type { ListKind } from "../router/listing.ts";
import { OmgError } from "../runtime/errors.ts";
import {
  type Frame,
  notificationFrame,
  type RequestId,
  resultFrame,
  rewriteFrame,
} from "../runtime/frame.ts";
import type { Transport } from "../runtime/transport.ts";
import { negotiateVersion } from "../upstream/protocol-version.ts";
import { Call } from "./call.ts";

export interface SessionHooks {
  /** A request comes in; throws when it may not now. */
  onRequest(): void;
  /** A request that came in has got its answer. */
  onAnswer(): void;
  onEnd(session: string): Promise<void>;
  onInternalError(error: unknown): void;
}

/** Requests of one client that may be in flight at once. */
const maxCallsInFlight = 1024;

/** A client's conversation with its endpoint: every request gets exactly one answer, unless it is cancelled. */
export class ClientSession implements Session {
  readonly id: string = randomUUID();
  readonly #lane: FrameLane;
  readonly #hooks: SessionHooks;
  readonly #endpoint: Endpoint;
  readonly #calls = new Map<RequestId, Call>();
  readonly #closed = Promise.withResolvers<void>();
  #whenIdle: (() => void)[] = [];
  #ending: Promise<void> | undefined;

  constructor(transport: Transport, hooks: SessionHooks, endpoint: (session: string) => Endpoint) {
    this.#hooks = hooks;
    this.#endpoint = endpoint(this.id);
    this.#lane = frameLane(transport, {
      onFrame: (frame) => this.#receive(frame),
      onClose: () => void this.close(),
      onError: (error) => this.#reject(error),
    });
  }

  get callsInFlight(): number {
    return this.#calls.size;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  start(): Promise<void> {
    return this.#lane.start();
  }

  idle(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenIdle.push(resolve));
  }

  close(): Promise<void> {
    if (!this.#ending) {
      // Set before any work: closing the transport calls back here.
      const ended = Promise.withResolvers<void>();
      this.#ending = ended.promise;
      void this.#end().then(ended.resolve);
    }
    return this.#ending;
  }

  /** A notification from the one server behind this session, if it is for clients. */
  relay(frame: Frame): void {
    this.#send(frame);
  }

  /** Something that servers offer has changed. */
  announceChanges(): void {
    const methods = new Set(this.#endpoint.staleLists().map((kind) => changeNotification[kind]));
    for (const method of methods) this.#send(notificationFrame(method));
  }

  #receive(frame: Frame): void {
    // Nobody hears the answers of a session that has ended.
    if (this.#ending) return;
    const { kind, method, requestId } = frame.head;
    if (kind === "request") void this.#answer(frame);
    else if (kind === "notification" && method === "notifications/cancelled") {
      if (requestId !== undefined) this.#calls.get(requestId)?.cancel();
    } else if (kind === "notification" && method !== "notifications/initialized")
      this.#endpoint.notify(frame);
  }

  async #answer(frame: Frame): Promise<void> {
    const id = frame.head.id as RequestId;
    const call = new Call(frame, this.id, (told) => this.#send(told, id));
    try {
      this.#admit(id);
    } catch (error) {
      this.#send(errorFrame(id, error), id);
      return;
    }
    this.#calls.set(id, call);
    let answer: Frame;
    try {
      answer = rewriteFrame(await this.#dispatch(call), { id });
    } catch (error) {
      if (!OmgError.is(error)) this.#hooks.onInternalError(error);
      answer = errorFrame(id, error);
    }
    this.#calls.delete(id);
    if (!call.cancelled) this.#send(answer, id);
    this.#hooks.onAnswer();
    if (this.#calls.size === 0) this.#nowIdle();
  }

  #admit(id: RequestId): void {
    if (this.#calls.has(id)) {
      throw new OmgError("invalid_request", {
        message: `A request with id ${JSON.stringify(id)} is in flight`,
      });
    }
    if (this.#calls.size >= maxCallsInFlight) {
      throw new OmgError("overloaded", {
        detail: "inflight",
        message: `This session has ${maxCallsInFlight} requests in flight, its limit; wait for answers`,
      });
    }
    this.#hooks.onRequest();
  }

  #dispatch(call: Call): Frame | Promise<Frame> {
    const { method } = call.frame.head;
    if (method === "ping") return resultFrame(call.frame.head.id as RequestId, "{}");
    if (method === "initialize") return this.#initialize(call);
    return this.#endpoint.request(call);
  }

  async #initialize(call: Call): Promise<Frame> {
    const id = call.frame.head.id as RequestId;
    const message = call.frame.value();
    const asked = "params" in message ? message.params?.protocolVersion : undefined;
    const introduction = await this.#endpoint.introduce(call);
    return resultFrame(id, JSON.stringify({ ...introduction, protocolVersion: negotiateVersion(asked) }));
  }

  /** Something that is no message came in; the sender learns it as far as JSON-RPC can say so. */
  #reject(error: Error): void {
    if (OmgError.is(error) && (error.reason === "parse_error" || error.reason === "invalid_request")) {
      this.#send(errorFrame(error.requestId, error));
    }
  }

  #send(frame: Frame, relatedRequestId?: RequestId): void {
    if (this.#ending) return;
    this.#lane.send(frame, { relatedRequestId }).catch(() => void this.close());
  }

  #nowIdle(): void {
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }

  async #end(): Promise<void> {
    for (const call of this.#calls.values()) call.cancel("The client is gone");
    await this.#lane.close().catch(() => {});
    await this.#hooks.onEnd(this.id);
    this.#closed.resolve();
  }
}

const changeNotification: Record<ListKind, string> = {
  tools: "notifications/tools/list_changed",
  prompts: "notifications/prompts/list_changed",
  resources: "notifications/resources/list_changed",
  resourceTemplates: "notifications/resources/list_changed",
};
