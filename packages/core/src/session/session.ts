import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { errorFrame } from "../errors/error-frame.ts";
import { type FrameLane, frameLane } from "../frame-lane.ts";
import type { Session } from "../gateway/types.ts";
import { RequestTable } from "../request-table.ts";
import type { Endpoint } from "../router/endpoint.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, resultFrame, rewriteFrame } from "../runtime/frame.ts";
import { type StreamCloseOptions, type Transport, taken } from "../runtime/transport.ts";
import { negotiateVersion } from "../upstream/protocol-version.ts";
import { type AskOptions, Call, type Caller } from "./call.ts";
import { Changes } from "./changes.ts";
import { type ClientProfile, clientProfile, mustAnswer } from "./client-profile.ts";
import { askedLevel, type LogLevel, reaches } from "./log-level.ts";
import { Questions } from "./questions.ts";
import { SessionExchanges } from "./session-exchanges.ts";

export interface SessionHooks {
  readonly clock: Clock;
  /** A request of the modern era comes in, which needs no session. Never rejects. */
  exchange(
    frame: Frame,
    how: { session: string; signal: AbortSignal; tell(frame: Frame): void },
  ): Promise<Frame>;
  /** A request comes in; throws when it may not now. */
  onRequest(): void;
  /** A request that came in has got its answer. */
  onAnswer(): void;
  /** The client wants log messages from another level on. */
  onLogLevel(): Promise<void>;
  /** The client sent something that was dropped. */
  onDropped(session: string, what: string): void;
  onEnd(session: string): Promise<void>;
  onInternalError(error: unknown): void;
}

/** Requests of one client that may be in flight at once. */
const maxCallsInFlight = 1024;

/** A client's conversation with its endpoint: every request gets exactly one answer, unless it is cancelled. */
export class ClientSession implements Session, Caller {
  readonly id: string = randomUUID();
  readonly era = "legacy";
  logLevel: LogLevel | undefined;
  readonly #lane: FrameLane;
  readonly #hooks: SessionHooks;
  readonly #endpoint: Endpoint;
  readonly #calls = new RequestTable<Call>();
  readonly #questions: Questions;
  readonly #changes: Changes;
  readonly #exchanges: SessionExchanges;
  readonly #initialized = Promise.withResolvers<void>();
  readonly #closed = Promise.withResolvers<void>();
  #profile: ClientProfile = clientProfile(undefined);
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
    this.#changes = new Changes(hooks.clock, this.#endpoint, (frame) => this.#send(frame));
    this.#exchanges = new SessionExchanges({
      exchange: (frame, how) => hooks.exchange(frame, { ...how, session: this.id }),
      send: (frame, id) => this.#send(frame, id),
      onIdle: () => this.#lookIdle(),
    });
    this.#questions = new Questions(hooks.clock, {
      send: (frame, call) => this.#lane.send(frame, { relatedRequestId: call }),
      onDropped: (what) => hooks.onDropped(this.id, what),
    });
  }

  get callsInFlight(): number {
    return this.#calls.size + this.#exchanges.inFlight;
  }

  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  /** What the client can do, in its own words. */
  get capabilities(): Readonly<Record<string, unknown>> {
    return this.#profile.capabilities;
  }

  start(): Promise<void> {
    return this.#lane.start();
  }

  idle(): Promise<void> {
    if (this.callsInFlight === 0) return Promise.resolve();
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

  tell(frame: Frame, call?: RequestId): void {
    this.#send(frame, call);
  }

  closeStream(call: RequestId, options: StreamCloseOptions): void {
    if (!this.#ending) this.#lane.closeStream(call, options);
  }

  async ask(question: Frame, options: AskOptions): Promise<Frame> {
    mustAnswer(this.#profile, question);
    const { call } = options;
    const isCalling = call !== undefined && this.#calls.get(call)?.frame.head.method !== "initialize";
    if (isCalling) return this.#questions.ask(question, options);
    // MCP: a client is asked nothing before it has said that it is ready.
    return this.#questions.ask(question, { ...options, call: undefined }, this.#initialized.promise);
  }

  /** Something of its own accord from a server that this session has for itself, or is subscribed to. */
  relay(server: string, frame: Frame): void {
    const isLog = frame.head.method === "notifications/message";
    if (!isLog || reaches(frame, this.logLevel)) {
      this.#send(this.#endpoint.translator(server)?.down(frame) ?? frame);
    }
  }

  /** A question from a server that this session has for itself. */
  async askFrom(server: string, question: Frame, options: AskOptions): Promise<Frame> {
    const translator = this.#endpoint.translator(server);
    const answer = await this.ask(translator?.down(question) ?? question, options);
    return translator?.up(answer) ?? answer;
  }

  /** The one server behind this session says that a list has changed. */
  listChanged(frame: Frame): void {
    this.#changes.note(frame);
  }

  /** Something that servers offer may have changed: tells the client soon, if it concerns what it was given. */
  announceChanges(): void {
    this.#changes.announceSoon();
  }

  #receive(frame: Frame): void {
    // Nobody hears the answers of a session that has ended.
    if (this.#ending) return;
    const { kind, method, requestId } = frame.head;
    if (kind === "request") this.#answer(frame);
    else if (kind !== "notification") this.#questions.answer(frame);
    else if (method === "notifications/cancelled") {
      if (requestId === undefined) return;
      this.#calls.get(requestId)?.cancel();
      this.#exchanges.cancel(requestId);
    } else if (method === "notifications/progress") this.#questions.progress(frame);
    else if (method === "notifications/initialized") this.#initialized.resolve();
    else this.#endpoint.notify(frame);
  }

  #answer(frame: Frame): void {
    const id = frame.head.id as RequestId;
    const isModern = frame.head.version !== undefined;
    try {
      this.#mustHaveRoom(id);
      if (!isModern) this.#hooks.onRequest();
    } catch (error) {
      this.#send(errorFrame(id, error), id);
      return;
    }
    if (isModern) {
      void this.#exchanges.answer(frame);
      return;
    }
    const call = new Call(frame, this);
    this.#calls.add(id, call);
    try {
      // No async function: its promise would be one more for each small call.
      this.#dispatch(call).then(
        (answer) => this.#succeeded(call, answer),
        (error: unknown) => this.#failed(call, error),
      );
    } catch (error) {
      this.#failed(call, error);
    }
  }

  /** The answer has the id that the request has upstream. */
  #succeeded(call: Call, answer: Frame): void {
    let own: Frame;
    try {
      own = rewriteFrame(answer, { id: call.frame.head.id });
    } catch (error) {
      this.#failed(call, error);
      return;
    }
    this.#answered(call, own);
  }

  #failed(call: Call, error: unknown): void {
    if (!OmgError.is(error)) this.#hooks.onInternalError(error);
    this.#answered(call, errorFrame(call.frame.head.id, error));
  }

  #answered(call: Call, answer: Frame): void {
    const id = call.frame.head.id as RequestId;
    this.#calls.take(id);
    if (!call.cancelled) this.#send(answer, id, call.streamed);
    this.#hooks.onAnswer();
    this.#lookIdle();
  }

  #mustHaveRoom(id: RequestId): void {
    if (this.#calls.has(id) || this.#exchanges.has(id)) {
      throw new OmgError("invalid_request", {
        message: `A request with id ${JSON.stringify(id)} is in flight`,
      });
    }
    if (this.#calls.size + this.#exchanges.size >= maxCallsInFlight) {
      throw new OmgError("overloaded", {
        detail: "inflight",
        retryAfterMs: 1000,
        message: `This session has ${maxCallsInFlight} requests in flight, its limit; wait for answers`,
      });
    }
  }

  #dispatch(call: Call): Promise<Frame> {
    const { method } = call.frame.head;
    if (method === "ping") return Promise.resolve(emptyResult(call));
    if (method === "initialize") return this.#initialize(call);
    if (method === "logging/setLevel") return this.#setLevel(call);
    return this.#endpoint.request(call);
  }

  async #initialize(call: Call): Promise<Frame> {
    const message = call.frame.value();
    const params = "params" in message ? message.params : undefined;
    this.#profile = clientProfile(params);
    const introduction = await this.#endpoint.introduce(call);
    const protocolVersion = negotiateVersion(params?.protocolVersion);
    const result = JSON.stringify({ ...introduction, protocolVersion });
    return resultFrame(call.frame.head.id as RequestId, result);
  }

  async #setLevel(call: Call): Promise<Frame> {
    this.#endpoint.mustLog();
    this.logLevel = askedLevel(call.frame);
    await this.#hooks.onLogLevel();
    return emptyResult(call);
  }

  /** Something that is no message came in; the sender learns it as far as JSON-RPC can say so. */
  #reject(error: Error): void {
    if (OmgError.is(error) && (error.reason === "parse_error" || error.reason === "invalid_request")) {
      this.#send(errorFrame(error.requestId, error));
    }
  }

  #send(frame: Frame, relatedRequestId?: RequestId, streamed = false): void {
    if (this.#ending) return;
    const sent = this.#lane.send(frame, { relatedRequestId, streamed });
    if (sent !== taken) sent.catch(() => void this.close());
  }

  #lookIdle(): void {
    if (this.#whenIdle.length === 0 || this.callsInFlight > 0) return;
    const waiting = this.#whenIdle;
    this.#whenIdle = [];
    for (const resolve of waiting) resolve();
  }

  async #end(): Promise<void> {
    for (const call of this.#calls.values()) call.cancel("The client is gone");
    this.#exchanges.end();
    this.#questions.end(new OmgError("cancelled", { message: "The client is gone" }));
    this.#changes.end();
    await this.#lane.close().catch(() => {});
    await this.#hooks.onEnd(this.id);
    this.#closed.resolve();
  }
}

function emptyResult(call: Call): Frame {
  return resultFrame(call.frame.head.id as RequestId, "{}");
}
