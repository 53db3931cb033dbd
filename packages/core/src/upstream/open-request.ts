import type { Clock } from "../clock.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { Frame, RequestId } from "../runtime/frame.ts";
import type { Call, CallHolder } from "../session/call.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import { afterSending } from "./executed.ts";

/** What all requests on one instance share. */
export interface RequestKeeper {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  /** Milliseconds a request may take however much progress it reports. */
  readonly maxCallMs: number;
  /** Nobody waits any more: takes the request out of the ledger and tells the server. */
  abandon(request: OpenRequest, error: OmgError): void;
  timedOut(method: string): OmgError;
}

export interface OpenRequestOptions {
  readonly method: string;
  /** The caller's progress token, to be put back. */
  readonly token: RequestId | undefined;
  /** The task it asks about, as the server calls it. */
  readonly taskId?: string | undefined;
  /** The client's call; undefined when the gateway asks for itself. */
  readonly call: Call | undefined;
  /** Milliseconds without answer or progress. */
  readonly timeoutMs: number;
  readonly resolve: (answer: Frame) => void;
  readonly reject: (error: OmgError) => void;
}

/** One request in flight on an instance, until its one end. A single object: every small call pays for each of its parts. */
export class OpenRequest implements Deadline, CallHolder {
  /** The id under which it went up; our ids are unique on an instance, so it is the progress token too. */
  readonly id: number;
  readonly method: string;
  readonly token: RequestId | undefined;
  readonly taskId: string | undefined;
  readonly call: Call | undefined;
  at: number;
  place = -1;
  readonly #timeoutMs: number;
  #latest: number;
  /** Since when its time stands still, and for how many reasons. */
  #pausedAt = 0;
  #pauses = 0;
  #settled = false;
  readonly #keeper: RequestKeeper;
  readonly #resolve: (answer: Frame) => void;
  readonly #reject: (error: OmgError) => void;

  constructor(id: number, keeper: RequestKeeper, options: OpenRequestOptions) {
    const now = keeper.clock.now();
    this.id = id;
    this.method = options.method;
    this.token = options.token;
    this.taskId = options.taskId;
    this.call = options.call;
    this.#keeper = keeper;
    this.#timeoutMs = options.timeoutMs;
    this.#latest = now + keeper.maxCallMs;
    this.#resolve = options.resolve;
    this.#reject = options.reject;
    this.at = Math.min(now + options.timeoutMs, this.#latest);
    keeper.deadlines.set(this);
    this.call?.holdBy(this);
  }

  answer(frame: Frame): void {
    this.#settle();
    this.#resolve(frame);
  }

  fail(error: OmgError): void {
    this.#settle();
    this.#reject(error);
  }

  /** Progress shows that the server works: its time starts anew. */
  progress(frame: Frame): void {
    if (this.#pauses === 0) this.#startTime();
    this.call?.tell(frame);
  }

  /** The server waits for the client: that is not the server's time. */
  pause(): void {
    if (this.#pauses++ > 0) return;
    this.#pausedAt = this.#keeper.clock.now();
    this.#keeper.deadlines.remove(this);
  }

  resume(): void {
    if (--this.#pauses > 0 || this.#settled) return;
    this.#latest += this.#keeper.clock.now() - this.#pausedAt;
    this.#startTime();
  }

  expire(): void {
    this.giveUp(this.#keeper.timedOut(this.method));
  }

  giveUp(error: OmgError): void {
    this.#keeper.abandon(this, error);
    this.fail(afterSending(error));
  }

  #startTime(): void {
    this.at = Math.min(this.#keeper.clock.now() + this.#timeoutMs, this.#latest);
    this.#keeper.deadlines.set(this);
  }

  #settle(): void {
    this.#settled = true;
    this.#keeper.deadlines.remove(this);
    this.call?.holdBy(undefined);
  }
}
