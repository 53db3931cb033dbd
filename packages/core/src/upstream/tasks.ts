import type { Clock } from "../clock.ts";
import { isObject } from "../is-object.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, rewriteFrame, withCuts } from "../runtime/frame.ts";
import { readItems } from "../runtime/json-items.ts";
import type { Call, Caller } from "../session/call.ts";
import type { Translator } from "../session/translator.ts";
import type { Cause } from "./attribution.ts";

export interface TasksOptions {
  readonly server: string;
  readonly clock: Clock;
  /** Whether several sessions share the instance: then each sees its own tasks only. */
  readonly isShared: boolean;
  /** Keeps the instance awake while a task runs; called again with `false` when none does any more. */
  readonly keepAwake: (awake: boolean) => void;
  /** Asks the server how a task is. */
  readonly look: (taskId: string) => Promise<Frame>;
  /** Asks the server to give up a task. */
  readonly cancel: (taskId: string) => Promise<Frame>;
}

export interface AnsweredRequest {
  readonly id: RequestId;
  readonly taskId?: string | undefined;
}

interface Task {
  readonly caller: Caller;
  readonly translator: Translator | undefined;
  /** The token of the call that made it, on our side and on the caller's: it stays valid for the task's progress. */
  readonly token: { readonly ours: RequestId; readonly theirs: RequestId } | undefined;
  runs: boolean;
  /** Its session has ended: what is still said of it is for nobody. */
  isAbandoned: boolean;
  stopExpiry: () => void;
}

const maxTasks = 10_000;
const lookEveryMs = 30_000;
const finalStates: readonly unknown[] = ["completed", "failed", "cancelled"];

/** The tasks (MCP 2025-11-25) of one instance: whose they are, and which of them still run. */
export class Tasks {
  readonly #options: TasksOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #byToken = new Map<RequestId, Task>();
  #running = 0;
  /** How many of them run, by session. */
  readonly #runningOf = new Map<string, number>();
  #stopLooking = () => {};

  constructor(options: TasksOptions) {
    this.#options = options;
  }

  /** Throws unless the session of a call may know of the task that it asks for. `taskId`: as the server calls it. */
  mustOwn({ frame, session }: Call, taskId = frame.head.taskId): void {
    if (taskId === undefined || !this.#options.isShared) return;
    if (this.#tasks.get(taskId)?.caller.id === session) return;
    throw new OmgError("bad_params", {
      server: this.#options.server,
      message: `Unknown task '${taskId}': it is over, or its server was started anew, or it is not this session's`,
    });
  }

  /**
   * Looks at an answer about tasks on its way to the caller; takes tasks of others out of a list. `id`: ours of the
   * request; `taskId`: as the server calls it.
   */
  answered(call: Call, { id, taskId = call.frame.head.taskId }: AnsweredRequest, answer: Frame): Frame {
    const message = answer.value();
    if (!("result" in message)) return answer;
    const { method } = call.frame.head;
    if (method === "tasks/list") return this.#listed(call, answer);
    if (method === "tasks/result" && taskId !== undefined) this.#note(taskId, { status: "completed" });
    else if (method?.startsWith("tasks/") && taskId !== undefined) this.#note(taskId, message.result);
    else if (isObject(message.result.task)) this.#opened(call, id, message.result.task);
    return answer;
  }

  /** Who is to hear of a task's status: nobody if its session has ended, and undefined if it is not known. */
  noticed(notification: Frame): Caller | "nobody" | undefined {
    const { taskId } = notification.head;
    const message = notification.value();
    if (taskId === undefined || !("params" in message) || !message.params) return "nobody";
    const task = this.#tasks.get(taskId);
    this.#note(taskId, message.params);
    return task?.isAbandoned ? "nobody" : task?.caller;
  }

  /** A task as what makes the server speak: what belongs to no call of its owner goes over the stream of none. */
  cause(taskId: string): Cause | undefined {
    const task = this.#tasks.get(taskId);
    if (!task) return undefined;
    const { caller, translator } = task;
    return {
      caller,
      session: caller.id,
      tell: (frame) => caller.relay(this.#options.server, frame),
      async ask(question, options) {
        const answer = await caller.ask(translator?.down(question) ?? question, options);
        return translator?.up(answer) ?? answer;
      },
    };
  }

  /** Whether tasks of other sessions than this one run. */
  runForOthers(session: string): boolean {
    return this.#runningOf.size > (this.#runningOf.has(session) ? 1 : 0);
  }

  /** Hands progress that belongs to a task to its owner. Returns whether it does. */
  progress(notification: Frame): boolean {
    const { token } = notification.head;
    const task = token === undefined ? undefined : this.#byToken.get(token);
    if (!task?.token || task.isAbandoned) return false;
    task.caller.relay(this.#options.server, rewriteFrame(notification, { token: task.token.theirs }));
    return true;
  }

  /**
   * Nobody will ask for the tasks of a session that has ended: those that run are given up. They stay known, so that what
   * is still said of them is not taken for anybody else's; until the server has given them up, other words may be too.
   */
  endSession(session: string): void {
    for (const [taskId, task] of this.#tasks) {
      if (task.caller.id !== session) continue;
      task.isAbandoned = true;
      const over = () => this.#note(taskId, { status: "cancelled" });
      if (task.runs) this.#options.cancel(taskId).then(over, over);
    }
  }

  end(): void {
    this.#stopLooking();
    if (this.#running > 0) this.#options.keepAwake(false);
    for (const { stopExpiry } of this.#tasks.values()) stopExpiry();
    this.#tasks.clear();
    this.#byToken.clear();
    this.#runningOf.clear();
  }

  #opened({ frame, caller, translator }: Call, id: RequestId, made: Record<string, unknown>): void {
    const { taskId, ttl } = made;
    if (typeof taskId !== "string") return;
    // A server that uses an id again means the new task, unless the old one has its owner.
    if (this.#tasks.get(taskId)?.isAbandoned) this.#forget(taskId);
    if (this.#tasks.has(taskId)) return;
    const theirs = frame.head.token;
    const token = theirs === undefined ? undefined : { ours: id, theirs };
    const task: Task = { caller, translator, token, runs: true, isAbandoned: false, stopExpiry: () => {} };
    if (typeof ttl === "number") {
      task.stopExpiry = this.#options.clock.after(ttl, () => this.#forget(taskId));
    }
    this.#tasks.set(taskId, task);
    if (token) this.#byToken.set(token.ours, task);
    this.#count(task, 1);
    this.#note(taskId, made);
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size > maxTasks && oldest !== undefined) this.#forget(oldest);
  }

  #note(taskId: string, { status }: Record<string, unknown>): void {
    const task = this.#tasks.get(taskId);
    if (!task?.runs || !finalStates.includes(status)) return;
    task.runs = false;
    if (task.token) this.#byToken.delete(task.token.ours);
    this.#count(task, -1);
  }

  #forget(taskId: string): void {
    this.#note(taskId, { status: "cancelled" });
    this.#tasks.get(taskId)?.stopExpiry();
    this.#tasks.delete(taskId);
  }

  #count({ caller }: Task, change: 1 | -1): void {
    this.#running += change;
    const own = (this.#runningOf.get(caller.id) ?? 0) + change;
    if (own > 0) this.#runningOf.set(caller.id, own);
    else this.#runningOf.delete(caller.id);
    if (this.#running === 0) {
      this.#stopLooking();
      this.#options.keepAwake(false);
    } else if (this.#running === 1 && change === 1) {
      this.#options.keepAwake(true);
      this.#lookSoon();
    }
  }

  /** A server need not say that a task is over, and its owner need not ask. */
  #lookSoon(): void {
    this.#stopLooking = this.#options.clock.after(lookEveryMs, () => {
      this.#lookSoon();
      for (const [taskId, { runs }] of this.#tasks) if (runs) void this.#look(taskId);
    });
  }

  async #look(taskId: string): Promise<void> {
    const message = (await this.#options.look(taskId).catch(() => undefined))?.value();
    if (!message) return;
    // A task that the server no longer knows is over.
    if ("result" in message) this.#note(taskId, message.result);
    else this.#forget(taskId);
  }

  #listed({ session }: Call, answer: Frame): Frame {
    const { items, span } = readItems(answer.bytes, answer.spans.payload?.start ?? 0, "tasks", "taskId");
    if (!this.#options.isShared || !span) return answer;
    const own = items.filter(({ key }) => this.#tasks.get(key)?.caller.id === session);
    return withCuts(answer, [{ span, text: `[${own.map(({ bytes }) => bytes).join(",")}]` }]);
  }
}
