import type { Clock } from "../clock.ts";
import { errorFrame } from "../errors/error-frame.ts";
import { type FrameLane, frameLane } from "../frame-lane.ts";
import { OmgError } from "../runtime/errors.ts";
import {
  type Frame,
  notificationFrame,
  type RequestId,
  requestFrame,
  resultFrame,
  rewriteFrame,
} from "../runtime/frame.ts";
import type { Params, Transport } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { Deadlines } from "./deadlines.ts";
import { Ledger } from "./ledger.ts";
import { OpenRequest, type RequestKeeper } from "./open-request.ts";

export interface UpstreamLimits {
  /** Milliseconds a call may pass without answer or progress. */
  readonly callTimeoutMs: number;
  /** Milliseconds a call may take however much progress it reports. */
  readonly maxCallMs: number;
  readonly maxCallsInFlight: number;
}

export interface UpstreamEvents {
  /** The server said something that belongs to no request. */
  onNotification(frame: Frame): void;
  /** Something arrived that was dropped: no message, no such id, a second answer. */
  onDropped(what: string): void;
  /** The connection has ended by the server or a fault; fires once, not after `close()`. */
  onLost(why: OmgError): void;
}

/** What a request says in the server's own terms. */
export interface Edits {
  readonly name?: string;
  readonly uri?: string;
}

/** Milliseconds for the last output of an exited instance whose runtime does not close the transport. */
const exitGraceMs = 1000;

/** The conversation with one instance: requests go up under ids of our own, answers find their way back. */
export class Upstream {
  readonly #server: string;
  readonly #clock: Clock;
  readonly #limits: UpstreamLimits;
  readonly #events: UpstreamEvents;
  readonly #lane: FrameLane;
  readonly #ledger = new Ledger();
  readonly #deadlines: Deadlines;
  readonly #keeper: RequestKeeper;
  #fault: OmgError | undefined;
  #exit: string | undefined;
  #stopExitTimer = () => {};
  #closed: OmgError | undefined;

  constructor(
    server: string,
    transport: Transport,
    clock: Clock,
    limits: UpstreamLimits,
    events: UpstreamEvents,
  ) {
    this.#server = server;
    this.#clock = clock;
    this.#deadlines = new Deadlines(clock);
    this.#limits = limits;
    this.#keeper = {
      clock,
      deadlines: this.#deadlines,
      maxCallMs: limits.maxCallMs,
      abandon: ({ id, method }, error) => {
        this.#ledger.close(id);
        // MCP forbids cancelling the handshake.
        if (method !== "initialize") this.notify(cancellation(id, error.message));
      },
      timedOut: (method) => this.#timeout(method),
    };
    this.#events = events;
    this.#lane = frameLane(transport, {
      onFrame: (frame) => this.#receive(frame),
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

  /** Forwards a client's request, under another name or URI where given; the answer still has the upstream id. */
  forward(call: Call, edits?: Edits): Promise<Frame> {
    return this.#request(call.frame, this.#limits.callTimeoutMs, call, edits);
  }

  /** Asks something for the gateway itself. */
  ask(method: string, params?: Params, timeoutMs = this.#limits.callTimeoutMs): Promise<Frame> {
    return this.#request(requestFrame(0, method, params), timeoutMs);
  }

  notify(frame: Frame): void {
    if (this.#closed) return;
    // A notification that could not be sent is no reason for what may end the connection later.
    this.#lane
      .send(frame)
      .catch(() => this.#events.onDropped(`${frame.head.method ?? "an answer"} to the server`));
  }

  /** The instance has exited. What it wrote before may still arrive; after a moment the conversation is over. */
  noteExit(detail: string): void {
    if (this.#closed) return;
    this.#exit = detail;
    this.#stopExitTimer = this.#clock.after(exitGraceMs, () => this.#lost());
  }

  /** Ends the conversation; what is in flight fails with `why`. */
  close(why: OmgError): void {
    if (!this.#closed) this.#end(why);
  }

  #request(frame: Frame, timeoutMs: number, call?: Call, edits?: Edits): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw this.#closed;
      if (call?.cancelled) throw call.cancelled;
      if (this.#ledger.size >= this.#limits.maxCallsInFlight) throw this.#full();
      const { method = "", token } = frame.head;
      const id = this.#ledger.nextId();
      this.#ledger.open(
        new OpenRequest(id, this.#keeper, { method, token, call, timeoutMs, resolve, reject }),
      );
      const rewritten = rewriteFrame(frame, { ...edits, id, token: id });
      this.#lane.send(rewritten).catch((error) => this.#ledger.close(id)?.fail(this.#sendFailed(error)));
    });
  }

  #receive(frame: Frame): void {
    if (this.#closed) return;
    const { head } = frame;
    if (head.kind === "result" || head.kind === "error") {
      const entry = head.id === undefined ? undefined : this.#ledger.close(head.id);
      if (entry) entry.answer(frame);
      else this.#events.onDropped("an answer to no request in flight");
    } else if (head.kind === "request") {
      this.#answer(head.id as RequestId, head.method as string);
    } else if (head.method === "notifications/progress") {
      const entry = head.token === undefined ? undefined : this.#ledger.get(head.token);
      if (entry?.token === undefined) this.#events.onDropped("progress of no request in flight");
      else entry.progress(rewriteFrame(frame, { token: entry.token }));
    } else {
      this.#events.onNotification(frame);
    }
  }

  /** What the server asks: the gateway declares no client capability, so only a ping has an answer. */
  #answer(id: RequestId, method: string): void {
    if (method === "ping") this.notify(resultFrame(id, "{}"));
    else this.notify(errorFrame(id, this.#notRelayed(method)));
  }

  #notice(error: Error): void {
    if (!OmgError.is(error)) {
      this.#fault ??= new OmgError("upstream_closed", {
        server: this.#server,
        executed: "unknown",
        message: `The connection to server '${this.#server}' failed: ${error.message}`,
        cause: error,
      });
    } else if (error.reason === "parse_error" || error.reason === "invalid_request") {
      const entry = error.requestId === undefined ? undefined : this.#ledger.close(error.requestId);
      if (entry) entry.fail(this.#badAnswer(error));
      this.#events.onDropped(`something that is no MCP message (${error.message})`);
    } else {
      this.#fault ??= this.#named(error);
    }
  }

  #lost(): void {
    if (this.#closed) return;
    const why =
      this.#fault ??
      new OmgError("upstream_closed", {
        server: this.#server,
        executed: "unknown",
        message: `Server '${this.#server}' went away${this.#exit ? `: ${this.#exit}` : ""}`,
      });
    this.#end(why);
    this.#events.onLost(why);
  }

  #end(why: OmgError): void {
    this.#closed = why;
    this.#stopExitTimer();
    this.#ledger.failAll(why);
    this.#deadlines.clear();
    this.#lane.close().catch(() => {});
  }

  #badAnswer(error: OmgError): OmgError {
    return new OmgError("upstream_protocol_error", {
      server: this.#server,
      executed: "unknown",
      message: `Server '${this.#server}' sent an answer that is not MCP: ${error.message}`,
    });
  }

  #named(error: OmgError): OmgError {
    return new OmgError(error.reason, {
      detail: error.detail,
      server: this.#server,
      executed: error.executed,
      retryAfterMs: error.retryAfterMs,
      message: `Server '${this.#server}': ${error.message}`,
      cause: error,
    });
  }

  #sendFailed(error: unknown): OmgError {
    if (OmgError.is(error)) return this.#named(error);
    return new OmgError("upstream_closed", {
      server: this.#server,
      executed: "unknown",
      message: `The request could not be sent to server '${this.#server}'`,
      cause: error,
    });
  }

  #full(): OmgError {
    return new OmgError("overloaded", {
      detail: "inflight",
      server: this.#server,
      message: `Server '${this.#server}' has ${this.#ledger.size} calls in flight, its limit; try again shortly`,
    });
  }

  #timeout(method: string): OmgError {
    const seconds = this.#limits.callTimeoutMs / 1000;
    return new OmgError("upstream_timeout", {
      server: this.#server,
      executed: "unknown",
      message:
        `Server '${this.#server}' sent neither an answer to ${method} nor progress in time ` +
        `(request_timeout_seconds: ${seconds})`,
    });
  }

  #notRelayed(method: string): OmgError {
    return new OmgError("method_not_found", {
      server: this.#server,
      message: `The gateway declared no capability for ${method} and relays it to no client`,
    });
  }
}

function cancellation(requestId: RequestId, reason: string): Frame {
  return notificationFrame("notifications/cancelled", { requestId, reason });
}
