import type { Clock } from "../clock.ts";
import type { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import type { LogLevel } from "../session/log-level.ts";
import { Attribution } from "./attribution.ts";
import type { Ledger } from "./ledger.ts";
import type { OpenRequest } from "./open-request.ts";
import { ServerNotices } from "./server-notices.ts";
import { ServerQuestions } from "./server-questions.ts";
import { Tasks } from "./tasks.ts";
import type { InstanceOwner, UpstreamEvents } from "./upstream-types.ts";
import { UrlElicitations } from "./url-elicitations.ts";

export interface ServerWordsOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly ledger: Ledger;
  /** Absent: the instance is shared. */
  readonly owner: InstanceOwner | undefined;
  readonly events: Pick<UpstreamEvents, "onChange" | "onDropped" | "onBusy">;
  /** The level of log messages that the gateway asked for, if it did. */
  readonly logLevel: () => LogLevel | undefined;
  readonly ask: (method: string, params: Params) => Promise<Frame>;
  /** Takes a notification to the server. */
  readonly send: (frame: Frame) => void;
  /** Takes an answer to the server. */
  readonly answer: (frame: Frame) => void;
}

/** What one instance says of its own accord, and what it says of its tasks: it reaches whom it concerns, or nobody. */
export class ServerWords {
  readonly #options: ServerWordsOptions;
  readonly #attribution: Attribution;
  readonly #questions: ServerQuestions;
  readonly #tasks: Tasks;
  readonly #elicitations = new UrlElicitations();
  readonly #notices: ServerNotices;

  constructor(options: ServerWordsOptions) {
    const { server, clock, ledger, owner, events, logLevel, ask, send, answer } = options;
    this.#options = options;
    const isShared = owner === undefined;
    this.#tasks = new Tasks({
      server,
      clock,
      isShared,
      keepAwake: events.onBusy,
      look: (taskId) => ask("tasks/get", { taskId }),
      cancel: (taskId) => ask("tasks/cancel", { taskId }),
    });
    this.#attribution = new Attribution({ ledger, tasks: this.#tasks, isShared });
    this.#questions = new ServerQuestions({
      server,
      ledger,
      attribution: this.#attribution,
      send,
      answer,
      askOwner: owner && ((question, how) => owner.ask(question, how)),
    });
    this.#notices = new ServerNotices({
      server,
      ledger,
      attribution: this.#attribution,
      questions: this.#questions,
      tasks: this.#tasks,
      elicitations: this.#elicitations,
      owner,
      events,
      logLevel,
    });
  }

  /** `requestId`: of the request of ours whose stream brought it, where the transport can tell. */
  notified(frame: Frame, requestId: RequestId | undefined): void {
    this.#notices.take(frame, requestId);
  }

  asked(frame: Frame, requestId: RequestId | undefined): void {
    const { id, method } = frame.head;
    if (method === "ping") {
      this.#options.answer(resultFrame(id as RequestId, "{}"));
      return;
    }
    const cause = method === "elicitation/create" && this.#attribution.of(frame, requestId);
    if (typeof cause === "object") this.#elicitations.asked(frame, cause.caller);
    this.#questions.take(frame, requestId);
  }

  /** Looks at the answer to a client's request on its way to the client. */
  answered(call: Call, request: OpenRequest, frame: Frame): Frame {
    if (frame.head.kind === "error") this.#elicitations.failed(frame, call.caller);
    else if (call.frame.head.task || request.method.startsWith("tasks/")) {
      return this.#tasks.answered(call, request, frame);
    }
    return frame;
  }

  /** Throws unless the session of a call may know of the task that it asks for. `taskId`: as the server calls it. */
  mustOwnTask(call: Call, taskId: string | undefined): void {
    this.#tasks.mustOwn(call, taskId);
  }

  /** Forgets what a session that has ended left on a shared instance. */
  endSession(session: string): void {
    this.#tasks.endSession(session);
    this.#elicitations.endSession(session);
  }

  end(why: OmgError): void {
    this.#questions.end(why);
    this.#tasks.end();
  }
}
