import type { Era } from "../era.ts";
import { type FrameLane, frameLane } from "../frame-lane.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, requestFrame, rewriteFrame } from "../runtime/frame.ts";
import { type FrameExtra, type Params, taken } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import type { LogLevel } from "../session/log-level.ts";
import { cancellation } from "./cancellation.ts";
import { Deadlines } from "./deadlines.ts";
import { FloodGuard } from "./flood-guard.ts";
import { Ledger } from "./ledger.ts";
import { ModernRequests, type Sending } from "./modern-requests.ts";
import { OpenRequest, type RequestKeeper } from "./open-request.ts";
import { Outbox } from "./outbox.ts";
import { ServerWords } from "./server-words.ts";
import { runsTasks } from "./task-shapes.ts";
import { TasksForModern } from "./tasks-for-modern.ts";
import { asLegacy } from "./to-legacy.ts";
import { UpstreamErrors } from "./upstream-errors.ts";
import type { Edits, UpstreamOptions } from "./upstream-types.ts";

/** Milliseconds for the last output of an exited instance whose runtime does not close the transport. */
const exitGraceMs = 1000;

/**
 * The conversation with one instance: requests go up under ids of our own, answers find their way back, and what the
 * server says of its own accord reaches the session that caused it, or nobody.
 */
export class Upstream {
  /** The level of log messages that the gateway asked for last, if it did. */
  logLevel: LogLevel | undefined;
  /** A client's request was answered. */
  hasServed = false;
  readonly #options: UpstreamOptions;
  readonly #errors: UpstreamErrors;
  readonly #lane: FrameLane;
  readonly #ledger: Ledger;
  readonly #deadlines: Deadlines;
  readonly #keeper: RequestKeeper;
  readonly #words: ServerWords;
  readonly #floods: FloodGuard;
  readonly #outbox: Outbox;
  /** There for a server of the modern era only. */
  #modern: ModernRequests | undefined;
  /** There for a server of the legacy era that runs tasks. */
  #forModern: TasksForModern | undefined;
  #fault: OmgError | undefined;
  #exit: string | undefined;
  #stopExitTimer = () => {};
  #closed: OmgError | undefined;

  constructor(options: UpstreamOptions) {
    const { server, transport, clock, limits, owner, events } = options;
    const { onDropped } = events;
    this.#options = options;
    this.#errors = new UpstreamErrors(server);
    this.#ledger = new Ledger(clock);
    this.#deadlines = new Deadlines(clock);
    this.#keeper = {
      clock,
      deadlines: this.#deadlines,
      maxCallMs: limits.maxCallMs,
      abandon: ({ id, method }, error) => {
        this.#ledger.giveUp(id, error);
        this.#floods.owe();
        if (this.#modern?.cancel(id, error)) return;
        // MCP forbids cancelling the handshake; a server that does not know the other way to begin may be strict as well.
        if (method !== "initialize" && method !== "server/discover")
          this.notify(cancellation(id, error.message));
      },
      timedOut: (method) => this.#errors.timedOut(method, limits.callTimeoutMs),
    };
    this.#outbox = new Outbox({
      send: (frame) => this.#lane.send(frame, this.#modern?.notifying(frame.head)),
      onDropped,
    });
    this.#words = new ServerWords({
      server,
      clock,
      ledger: this.#ledger,
      owner,
      events,
      logLevel: () => this.logLevel,
      ask: (method, params) => this.ask(method, params),
      send: (frame) => this.notify(frame),
      answer: (frame) => this.#outbox.answer(frame),
    });
    this.#floods = new FloodGuard({
      clock,
      onDropped,
      onLate: (frame) => this.#heard(frame, undefined),
      onTooMuch: (why) => this.#lost(why),
    });
    this.#lane = frameLane(transport, {
      onFrame: (frame, extra) => this.#receive(frame, extra),
      onStreamClose: (requestId, how) => this.#ledger.get(requestId)?.call?.closeStream(how),
      onClose: () => this.#lost(),
      onError: (error) => this.#notice(error),
    });
  }

  get callsInFlight(): number {
    return this.#ledger.size;
  }

  /** Whether each message goes by itself, as over HTTP. */
  get isPerRequest(): boolean {
    return this.#options.transport.perRequest === true;
  }

  /** Whether the server sees the headers that mirror arguments, and so checks them itself. */
  get seesHeaders(): boolean {
    return this.isPerRequest && this.#modern !== undefined;
  }

  /** How the server is spoken to. */
  get era(): Era {
    return this.#modern ? "modern" : "legacy";
  }

  start(): Promise<void> {
    return this.#lane.start();
  }

  /** From now on the server is spoken to in this era; the legacy one before that is said. */
  speak(era: Era): void {
    this.#modern = era === "modern" ? this.#newModern() : undefined;
  }

  /** The server has said what it can do: from now on a modern one tells of changes, and a legacy one runs tasks. */
  introduced(capabilities: Params): void {
    if (this.#modern) this.#modern.listen(capabilities);
    else if (runsTasks(capabilities)) this.#forModern = this.#newForModern();
  }

  setProtocolVersion(version: string): void {
    this.#lane.setProtocolVersion(version);
  }

  /** Forwards a client's request, in the server's terms where they differ; the answer still has the upstream id. */
  forward(call: Call, edits?: Edits): Promise<Frame> {
    if (this.#modern) return this.#modern.forward(call, edits);
    const { server, limits } = this.#options;
    if (call.caller.era === "legacy") return this.#request(call.frame, limits.callTimeoutMs, call, edits);
    const plain = () => this.#request(asLegacy(server, call.frame), limits.callTimeoutMs, call, edits);
    return this.#forModern ? this.#forModern.forward(call, edits, plain) : plain();
  }

  /** Asks something for the gateway itself. */
  ask(method: string, params?: Params, timeoutMs = this.#options.limits.callTimeoutMs): Promise<Frame> {
    if (this.#modern) return this.#modern.ask(method, params, timeoutMs);
    return this.#request(requestFrame(0, method, params), timeoutMs);
  }

  /** Takes a client's notification to the server. */
  relay(frame: Frame): void {
    if (!this.#modern || !legacyOnly.has(frame.head.method)) this.notify(frame);
  }

  notify(frame: Frame): void {
    if (!this.#closed) this.#outbox.notify(frame);
  }

  /** The instance has exited. What it wrote before may still arrive; after a moment the conversation is over. */
  noteExit(detail: string): void {
    if (this.#closed) return;
    this.#exit = detail;
    this.#stopExitTimer = this.#options.clock.after(exitGraceMs, () => this.#lost());
  }

  /** Forgets what a session that has ended left on a shared instance. */
  endSession(session: string): void {
    this.#words.endSession(session);
    this.#modern?.endSession(session);
  }

  /** Ends the conversation; what is in flight fails with `why`. */
  close(why: OmgError): void {
    if (!this.#closed) this.#end(why);
  }

  #request(frame: Frame, timeoutMs: number, call?: Call, edits?: Edits, sending?: Sending): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw this.#closed;
      if (call?.cancelled) throw call.cancelled;
      const { method = "", token } = frame.head;
      if (call && !this.#modern && method.startsWith("tasks/")) this.#words.mustOwnTask(call, edits?.taskId);
      if (this.#ledger.size >= this.#options.limits.maxCallsInFlight) {
        throw this.#errors.full(this.#ledger.size);
      }
      const id = this.#ledger.nextId();
      const taskId = edits?.taskId;
      this.#ledger.open(
        new OpenRequest(id, this.#keeper, { method, token, taskId, call, timeoutMs, resolve, reject }),
      );
      const { name, uri } = edits ?? noEdits;
      const rewritten = rewriteFrame(frame, { id, token: id, name, uri, taskId });
      const sent = this.#lane.send(rewritten, sending?.(rewritten.head));
      if (sent === taken) return;
      sent.catch((error) => {
        const request = this.#ledger.close(id);
        if (request) this.#floods.owe();
        request?.fail(this.#errors.sendFailed(error));
        // At once, so that nobody is given this instance any more.
        if (OmgError.is(error) && error.isSessionLost) this.#lost(error);
      });
    });
  }

  #newForModern(): TasksForModern {
    const { server, clock, limits, owner, events } = this.#options;
    return new TasksForModern({
      server,
      clock,
      isShared: owner === undefined,
      maxCallMs: limits.maxCallMs,
      tool: async (name) => events.tool?.(name),
      request: (call, edits) => this.#request(call.frame, limits.callTimeoutMs, call, edits),
      endSession: (session) => this.#words.endSession(session),
    });
  }

  #newModern(): ModernRequests {
    const { server, clock, limits, events, taskOwners } = this.#options;
    return new ModernRequests({
      server,
      clock,
      isPerRequest: this.isPerRequest,
      callTimeoutMs: limits.callTimeoutMs,
      maxCallMs: limits.maxCallMs,
      taskOwners,
      events,
      drop: (what) => this.#floods.drop(what),
      nextId: () => this.#ledger.nextId(),
      owe: () => this.#floods.owe(),
      request: (...request) => this.#request(...request),
      send: (frame, options) => this.#lane.send(frame, options),
      answer: (frame) => this.#outbox.answer(frame),
    });
  }

  #receive(frame: Frame, extra?: FrameExtra): void {
    if (this.#closed) return;
    const { kind } = frame.head;
    if (kind === "result" || kind === "error") this.#answered(frame, extra?.streamed);
    else if (this.#floods.mayPass(frame)) this.#heard(frame, extra?.requestId);
  }

  #heard(frame: Frame, requestId: RequestId | undefined): void {
    if (this.#modern?.took(frame)) return;
    if (frame.head.kind === "notification") this.#words.notified(frame, requestId);
    else this.#words.asked(frame, requestId);
  }

  #answered(frame: Frame, streamed = false): void {
    const { id } = frame.head;
    const request = id === undefined ? undefined : this.#ledger.close(id);
    if (request) {
      const { call } = request;
      if (call) {
        call.streamed = streamed;
        this.hasServed = true;
      }
      request.answer(call ? this.#words.answered(call, request, frame) : frame);
    } else if (!this.#modern?.took(frame)) this.#floods.dropAnswer();
  }

  #notice(error: Error): void {
    if (!OmgError.is(error)) this.#fault ??= this.#errors.connectionFailed(error);
    else if (error.reason === "parse_error" || error.reason === "invalid_request") {
      const request = error.requestId === undefined ? undefined : this.#ledger.close(error.requestId);
      request?.fail(this.#errors.badAnswer(error));
      this.#floods.drop(`something that is no MCP message (${error.message})`);
    } else this.#fault ??= this.#errors.named(error);
  }

  #lost(error?: OmgError): void {
    if (this.#closed) return;
    const named = error && this.#errors.named(error);
    const why = this.#fault ?? named ?? this.#errors.wentAway(this.#exit);
    this.#end(why);
    this.#options.events.onLost(why);
  }

  #end(why: OmgError): void {
    this.#closed = why;
    this.#stopExitTimer();
    this.#ledger.failAll(why);
    this.#words.end(why);
    this.#floods.end();
    this.#modern?.end(why);
    this.#forModern?.end();
    this.#deadlines.clear();
    this.#lane.close().catch(() => {});
  }
}

const noEdits: Edits = {};

/** What clients of the legacy era tell, and no server of the modern one knows. */
const legacyOnly: ReadonlySet<string | undefined> = new Set([
  "notifications/initialized",
  "notifications/roots/list_changed",
  "notifications/tasks/status",
]);
