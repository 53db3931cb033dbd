import { type Frame, type RequestId, rewriteFrame } from "../runtime/frame.ts";
import { Call } from "../session/call.ts";
import { type LogLevel, reaches, usualLevel } from "../session/log-level.ts";
import type { Attribution } from "./attribution.ts";
import type { Ledger } from "./ledger.ts";
import type { ServerQuestions } from "./server-questions.ts";
import type { Tasks } from "./tasks.ts";
import type { InstanceOwner, UpstreamEvents } from "./upstream-types.ts";
import type { UrlElicitations } from "./url-elicitations.ts";

export interface ServerNoticesOptions {
  readonly server: string;
  readonly ledger: Ledger;
  readonly attribution: Attribution;
  readonly questions: ServerQuestions;
  readonly tasks: Tasks;
  readonly elicitations: UrlElicitations;
  readonly owner: InstanceOwner | undefined;
  readonly events: Pick<UpstreamEvents, "onChange" | "onDropped">;
  /** The level of log messages that the gateway asked for, if it did. */
  readonly logLevel: () => LogLevel | undefined;
}

/** Takes each notification of one instance to the session that it concerns, and to no other. */
export class ServerNotices {
  readonly #options: ServerNoticesOptions;

  constructor(options: ServerNoticesOptions) {
    this.#options = options;
  }

  /** `requestId`: of the request of ours whose stream brought it, where the transport can tell. */
  take(frame: Frame, requestId: RequestId | undefined): void {
    const { server, tasks, elicitations, attribution, owner, events } = this.#options;
    const { method = "" } = frame.head;
    if (concernsAll.has(method)) {
      events.onChange(frame);
    } else if (method === "notifications/progress") this.#progress(frame);
    else if (method === "notifications/cancelled") this.#withdrawn(frame);
    else if (method === "notifications/tasks/status" || method === "notifications/elicitation/complete") {
      const isTask = method === "notifications/tasks/status";
      const caller = isTask ? tasks.noticed(frame) : elicitations.completed(frame);
      // A server may tell the state of a task before it has answered the call that makes it.
      const cause = isTask && caller === undefined ? attribution.of(frame, requestId) : undefined;
      if (typeof caller === "object") caller.relay(server, frame);
      else if (owner) owner.relay(frame);
      else if (cause instanceof Call && cause.frame.head.task) cause.tell(frame);
      else events.onDropped(`${method} about what no session has`);
    } else this.#said(frame, requestId);
  }

  #progress(frame: Frame): void {
    const { ledger, tasks, events } = this.#options;
    const { token } = frame.head;
    const request = token === undefined ? undefined : ledger.get(token);
    if (request?.token !== undefined) request.progress(rewriteFrame(frame, { token: request.token }));
    else if (!tasks.progress(frame)) events.onDropped("progress of no request in flight");
  }

  #withdrawn(frame: Frame): void {
    const { requestId } = frame.head;
    const known = requestId !== undefined && this.#options.questions.withdraw(requestId);
    if (!known) this.#options.events.onDropped("a cancellation of no request");
  }

  /** A log message, or something of another vocabulary: for who caused it, as far as that is certain. */
  #said(frame: Frame, requestId: RequestId | undefined): void {
    const { attribution, owner, events, logLevel } = this.#options;
    const cause = attribution.of(frame, requestId);
    if (typeof cause === "object") {
      const isLog = frame.head.method === "notifications/message";
      const least = cause.caller.logLevel ?? (logLevel() === undefined ? undefined : usualLevel);
      if (!isLog || reaches(frame, least)) cause.tell(frame);
    } else if (owner) owner.relay(frame);
    else events.onDropped(`${frame.head.method}, which no one session caused`);
  }
}

/** No others, whatever they are called: these go to everybody who sees the server, or subscribed. */
const concernsAll = new Set([
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
  "notifications/resources/updated",
]);
