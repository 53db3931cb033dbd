import type { Clock } from "../clock.ts";
import { type FrameLane, frameLane } from "../frame-lane.ts";
import { OmgError } from "../runtime/errors.ts";
import {
  type EditableField,
  type Frame,
  notificationFrame,
  type RequestId,
  requestFrame,
  resultFrame,
  rewriteFrame,
} from "../runtime/frame.ts";
import type { FrameExtra, Params, Transport } from "../runtime/transport.ts";
import type { AskOptions, Call } from "../session/call.ts";
import type { LogLevel } from "../session/log-level.ts";
import { Attribution } from "./attribution.ts";
import { Deadlines } from "./deadlines.ts";
import { FloodGuard } from "./flood-guard.ts";
import { Ledger } from "./ledger.ts";
import { OpenRequest, type RequestKeeper } from "./open-request.ts";
import { Outbox } from "./outbox.ts";
import { ServerNotices } from "./server-notices.ts";
import { ServerQuestions } from "./server-questions.ts";
import { Tasks } from "./tasks.ts";
import { asLegacy } from "./to-legacy.ts";
import { UpstreamErrors } from "./upstream-errors.ts";
import { UrlElicitations } from "./url-elicitations.ts";

export interface UpstreamLimits {
  /** Milliseconds a call may pass without answer or progress. */
  readonly callTimeoutMs: number;
  /** Milliseconds a call may take however much progress it reports. */
  readonly maxCallMs: number;
  readonly maxCallsInFlight: number;
}

export interface UpstreamEvents {
  /** A list or a resource of the server has changed. */
  onChange(frame: Frame): void;
  /** Something arrived that was dropped: no message, no such id, a second answer, a message that nobody may see. */
  onDropped(what: string): void;
  /** The connection has ended by the server or a fault; fires once, not after `close()`. */
  onLost(why: OmgError): void;
  /** Whether the instance must not be stopped, though no call is in flight: a task runs. */
  onBusy(busy: boolean): void;
}

/** The one session that an instance is for: everything it says is for that session. */
export interface InstanceOwner {
  relay(frame: Frame): void;
  ask(question: Frame, options: AskOptions): Promise<Frame>;
}

export interface UpstreamOptions {
  readonly server: string;
  readonly transport: Transport;
  readonly clock: Clock;
  readonly limits: UpstreamLimits;
  /** Absent: the instance is shared. */
  readonly owner?: InstanceOwner | undefined;
  readonly events: UpstreamEvents;
}

/** What a request says in the server's own terms. */
export type Edits = Readonly<Partial<Record<Exclude<EditableField, "id" | "token">, string>>>;

/** Milliseconds for the last output of an exited instance whose runtime does not close the transport. */
const exitGraceMs = 1000;

/**
 * The conversation with one instance: requests go up under ids of our own, answers find their way back, and what the
 * server says of its own accord reaches the session that caused it, or nobody.
 */
export class Upstream {
  /** The level of log messages that the gateway asked for last, if it did. */
  logLevel: LogLevel | undefined;
  readonly #options: UpstreamOptions;
  readonly #errors: UpstreamErrors;
  readonly #lane: FrameLane;
  readonly #ledger: Ledger;
  readonly #deadlines: Deadlines;
  readonly #keeper: RequestKeeper;
  readonly #attribution: Attribution;
  readonly #questions: ServerQuestions;
  readonly #tasks: Tasks;
  readonly #elicitations = new UrlElicitations();
  readonly #notices: ServerNotices;
  readonly #floods: FloodGuard;
  readonly #outbox: Outbox;
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
        // MCP forbids cancelling the handshake.
        if (method !== "initialize") this.notify(cancellation(id, error.message));
      },
      timedOut: (method) => this.#errors.timedOut(method, limits.callTimeoutMs),
    };
    this.#outbox = new Outbox({ send: (frame) => this.#lane.send(frame), onDropped });
    const isShared = owner === undefined;
    const send = (frame: Frame) => this.notify(frame);
    this.#tasks = new Tasks({
      server,
      clock,
      isShared,
      keepAwake: events.onBusy,
      look: (taskId) => this.ask("tasks/get", { taskId }),
      cancel: (taskId) => this.ask("tasks/cancel", { taskId }),
    });
    this.#attribution = new Attribution({ ledger: this.#ledger, tasks: this.#tasks, isShared });
    this.#questions = new ServerQuestions({
      server,
      ledger: this.#ledger,
      attribution: this.#attribution,
      send,
      answer: (frame) => this.#outbox.answer(frame),
      askOwner: owner && ((question, how) => owner.ask(question, how)),
    });
    this.#notices = new ServerNotices({
      server,
      ledger: this.#ledger,
      attribution: this.#attribution,
      questions: this.#questions,
      tasks: this.#tasks,
      elicitations: this.#elicitations,
      owner,
      events,
      logLevel: () => this.logLevel,
    });
    this.#floods = new FloodGuard({
      clock,
      onDropped,
      onLate: (frame) => this.#notices.take(frame, undefined),
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

  start(): Promise<void> {
    return this.#lane.start();
  }

  setProtocolVersion(version: string): void {
    this.#lane.setProtocolVersion(version);
  }

  /** Forwards a client's request, in the server's terms where they differ; the answer still has the upstream id. */
  forward(call: Call, edits?: Edits): Promise<Frame> {
    const frame = call.caller.era === "modern" ? asLegacy(this.#options.server, call.frame) : call.frame;
    return this.#request(frame, this.#options.limits.callTimeoutMs, call, edits);
  }

  /** Asks something for the gateway itself. */
  ask(method: string, params?: Params, timeoutMs = this.#options.limits.callTimeoutMs): Promise<Frame> {
    return this.#request(requestFrame(0, method, params), timeoutMs);
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
    this.#tasks.endSession(session);
    this.#elicitations.endSession(session);
  }

  /** Ends the conversation; what is in flight fails with `why`. */
  close(why: OmgError): void {
    if (!this.#closed) this.#end(why);
  }

  #request(frame: Frame, timeoutMs: number, call?: Call, edits?: Edits): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw this.#closed;
      if (call?.cancelled) throw call.cancelled;
      const { method = "", token } = frame.head;
      if (call && method.startsWith("tasks/")) this.#tasks.mustOwn(call, edits?.taskId);
      if (this.#ledger.size >= this.#options.limits.maxCallsInFlight) {
        throw this.#errors.full(this.#ledger.size);
      }
      const id = this.#ledger.nextId();
      const taskId = edits?.taskId;
      this.#ledger.open(
        new OpenRequest(id, this.#keeper, { method, token, taskId, call, timeoutMs, resolve, reject }),
      );
      const rewritten = rewriteFrame(frame, { ...edits, id, token: id });
      this.#lane.send(rewritten).catch((error) => {
        const request = this.#ledger.close(id);
        if (request) this.#floods.owe();
        request?.fail(this.#errors.sendFailed(error));
        // At once, so that nobody is given this instance any more.
        if (OmgError.is(error) && error.isSessionLost) this.#lost(error);
      });
    });
  }

  #receive(frame: Frame, extra?: FrameExtra): void {
    if (this.#closed) return;
    const { kind } = frame.head;
    if (kind === "result" || kind === "error") this.#answered(frame, extra?.streamed);
    else if (this.#floods.mayPass(frame)) this.#heard(frame, extra?.requestId);
  }

  #heard(frame: Frame, requestId: RequestId | undefined): void {
    const { kind, id, method } = frame.head;
    if (kind === "notification") this.#notices.take(frame, requestId);
    else if (method === "ping") this.#outbox.answer(resultFrame(id as RequestId, "{}"));
    else {
      const cause = method === "elicitation/create" && this.#attribution.of(frame, requestId);
      if (typeof cause === "object") this.#elicitations.asked(frame, cause.caller);
      this.#questions.take(frame, requestId);
    }
  }

  #answered(frame: Frame, streamed = false): void {
    const { id, kind } = frame.head;
    const request = id === undefined ? undefined : this.#ledger.close(id);
    if (!request) {
      this.#floods.dropAnswer();
      return;
    }
    const { call, method } = request;
    if (call) call.streamed = streamed;
    if (!call) request.answer(frame);
    else if (kind === "error") {
      this.#elicitations.failed(frame, call.caller);
      request.answer(frame);
    } else if (call.frame.head.task || method.startsWith("tasks/")) {
      request.answer(this.#tasks.answered(call, request, frame));
    } else request.answer(frame);
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
    this.#questions.end(why);
    this.#floods.end();
    this.#tasks.end();
    this.#deadlines.clear();
    this.#lane.close().catch(() => {});
  }
}

function cancellation(requestId: RequestId, reason: string): Frame {
  return notificationFrame("notifications/cancelled", { requestId, reason });
}
