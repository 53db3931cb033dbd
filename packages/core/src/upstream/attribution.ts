import { type Frame, mentions, type RequestId } from "../runtime/frame.ts";
import type { AskOptions, Caller } from "../session/call.ts";
import type { Ledger } from "./ledger.ts";
import type { Tasks } from "./tasks.ts";

/** What made a server say something of its own accord: a call, or a task. */
export interface Cause {
  readonly caller: Caller;
  readonly session: string;
  /** Takes a notification to the client. */
  tell(frame: Frame): void;
  /** Puts a question to the client. */
  ask(question: Frame, options: Omit<AskOptions, "call">): Promise<Frame>;
}

/** Why nobody can tell what the cause is. */
export type Doubt = string;

export interface AttributionOptions {
  readonly ledger: Ledger;
  readonly tasks: Tasks;
  /** Whether several sessions share the instance. */
  readonly isShared: boolean;
}

/** Finds out whom it concerns what one instance says, and never guesses. */
export class Attribution {
  readonly #options: AttributionOptions;

  constructor(options: AttributionOptions) {
    this.#options = options;
  }

  /** `requestId`: of the request of ours whose stream brought the frame, where the transport can tell. */
  of(frame: Frame, requestId: RequestId | undefined): Cause | Doubt {
    const { ledger, tasks, isShared } = this.#options;
    const taskId = requestId === undefined ? relatedTaskOf(frame) : undefined;
    const task = taskId === undefined ? undefined : tasks.cause(taskId);
    if (task) return ledger.callFor(taskId, task.session) ?? task;
    // The session whose task it was may have left: what it says is not for those who stay.
    if (taskId !== undefined && isShared) return "no session has the task that it belongs to";
    const cause = ledger.cause(requestId);
    if (cause === undefined) return "no session has a call in flight";
    const mayBeATask = requestId === undefined && isShared;
    const isDoubtful = cause === "several" || (mayBeATask && tasks.runForOthers(cause.session));
    return isDoubtful ? "several sessions have calls in flight" : cause;
  }
}

const relatedTask = "io.modelcontextprotocol/related-task";

function relatedTaskOf(frame: Frame): string | undefined {
  if (!mentions(frame, "related-task")) return undefined;
  const message = frame.value();
  const meta = "method" in message ? message.params?._meta : undefined;
  const related = (meta as Record<string, unknown> | null | undefined)?.[relatedTask];
  const taskId = (related as { taskId?: unknown } | null | undefined)?.taskId;
  return typeof taskId === "string" ? taskId : undefined;
}
