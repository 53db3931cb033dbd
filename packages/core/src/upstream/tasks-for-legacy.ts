import type { Clock } from "../clock.ts";
import { isObject } from "../is-object.ts";
import { objectAt, withMeta } from "../modern/envelope.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, parseFrame, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { tellProgress } from "../session/own-progress.ts";
import { errorText } from "./error-text.ts";
import { gather } from "./input-rounds.ts";
import { OwnedTasks, ownerOf, unknownTask } from "./owned-tasks.ts";
import { Patience } from "./patience.ts";
import { isOver, legacyTask, pollDelay, relatedTask, taskIn } from "./task-shapes.ts";
import type { Edits } from "./upstream-types.ts";

/** A task of a server of the modern era. */
export interface ModernTask {
  /** As the server said last. */
  state: Params;
  /** A legacy client has cancelled it, and is to hear nothing else any more. */
  isCancelled: boolean;
  /** The keys of the questions that the client was asked. */
  readonly asked: Set<string>;
}

export type ModernTaskOwners = OwnedTasks<ModernTask>;

export function modernTaskOwners(): ModernTaskOwners {
  return new OwnedTasks();
}

export function newModernTask(state: Params): ModernTask {
  return { state, isCancelled: false, asked: new Set() };
}

export interface TasksForLegacyOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly maxCallMs: number;
  readonly owners: ModernTaskOwners;
  /** Asks the server something for the gateway itself. */
  readonly ask: (method: string, params: Params) => Promise<Frame>;
}

/**
 * The tasks (extension `io.modelcontextprotocol/tasks`) of one modern instance for clients of the legacy era. A call that was
 * to be a task gets one of 2025-11-25; any other waits for the result.
 */
export class TasksForLegacy {
  readonly #options: TasksForLegacyOptions;

  constructor(options: TasksForLegacyOptions) {
    this.#options = options;
  }

  /** A request about tasks; undefined if it is none of 2025-11-25. */
  about(call: Call, edits?: Edits): Promise<Frame> | undefined {
    const { method, taskId = "" } = call.frame.head;
    const id = edits?.taskId ?? taskId;
    switch (method) {
      case "tasks/list":
        return this.#list(call);
      case "tasks/get":
        return this.#get(call, id);
      case "tasks/result":
        return this.#result(call, id);
      case "tasks/cancel":
        return this.#cancel(call, id);
      default:
        return undefined;
    }
  }

  /** The server has made a task of the call. */
  async made(call: Call, answer: Frame): Promise<Frame> {
    const { server, owners } = this.#options;
    const state = taskIn(answer);
    if (!state) throw untold(server, "a task without an id");
    if (call.frame.head.task) {
      owners.add(state.taskId, ownerOf(call.caller), newModernTask(state));
      return resultFrame(0, JSON.stringify({ task: legacyTask(state) }));
    }
    try {
      return await this.#finish(call, state.taskId, newModernTask(state));
    } catch (error) {
      this.#giveUp(state.taskId);
      throw error;
    }
  }

  /** Nobody will ask for the tasks of a session that has ended. */
  endSession(session: string): void {
    const { owners } = this.#options;
    for (const [id, { state }] of owners.of(session)) {
      if (!isOver(state)) this.#giveUp(id);
      owners.forget(id);
    }
  }

  async #list({ caller }: Call): Promise<Frame> {
    const known = this.#options.owners.of(ownerOf(caller));
    const look = ([id, task]: [string, ModernTask]) => isOver(task.state) || this.#look(id, task);
    await Promise.allSettled(known.map(look));
    return resultFrame(0, JSON.stringify({ tasks: known.map(([, task]) => shown(task)) }));
  }

  async #get({ caller }: Call, id: string): Promise<Frame> {
    const task = this.#mustKnow(id, ownerOf(caller));
    const answer = await this.#look(id, task);
    return answer.head.kind === "error" ? answer : resultFrame(0, JSON.stringify(shown(task)));
  }

  async #result(call: Call, id: string): Promise<Frame> {
    const task = this.#mustKnow(id, ownerOf(call.caller));
    const answer = await this.#finish(call, id, task);
    return answer.head.kind === "error" ? answer : withMeta(answer, { [relatedTask]: { taskId: id } });
  }

  async #cancel({ caller }: Call, id: string): Promise<Frame> {
    const task = this.#mustKnow(id, ownerOf(caller));
    const looked = await this.#look(id, task);
    if (looked.head.kind === "error") return looked;
    if (task.isCancelled || isOver(task.state)) {
      throw new OmgError("bad_params", { server: this.#options.server, message: `Task '${id}' is over` });
    }
    const answer = await this.#options.ask("tasks/cancel", { taskId: id });
    if (answer.head.kind === "error") return answer;
    task.isCancelled = true;
    return resultFrame(0, JSON.stringify(shown(task)));
  }

  /** Waits for a task to end, asking the client whatever it needs. */
  async #finish(call: Call, id: string, task: ModernTask): Promise<Frame> {
    const { server, clock, maxCallMs } = this.#options;
    const patience = new Patience({ server, clock, call, maxMs: maxCallMs });
    // The extension has no progress of tasks.
    const quiet = tellProgress(call, `Server '${server}' runs a task`, clock);
    try {
      for (let isFirst = call.frame.head.method === "tasks/result"; ; isFirst = false) {
        if (task.isCancelled) throw cancelledError(server);
        if (!isFirst && !isOver(task.state)) await patience.wait(pollDelay(task.state.pollIntervalMs));
        const answer = await patience.bound(this.#look(id, task));
        if (answer.head.kind === "error") throw lostError(server, errorText(answer.value()));
        if (isOver(task.state)) return outcome(server, answer, task.state);
        if (task.state.status === "input_required") await this.#answerInput(call, id, task, patience);
      }
    } finally {
      quiet();
      patience.end();
    }
  }

  async #answerInput(call: Call, id: string, task: ModernTask, patience: Patience): Promise<void> {
    const { server, ask } = this.#options;
    const requests = isObject(task.state.inputRequests) ? task.state.inputRequests : {};
    const open = Object.entries(requests).filter(([key]) => !task.asked.has(key));
    if (open.length === 0) return;
    const isTheirs = call.frame.head.method === "tasks/result";
    const questions = open.map(([key, question]) => [key, isTheirs ? related(question, id) : question]);
    for (const [key] of open) task.asked.add(key);
    try {
      const gathered = gather(server, call, Object.fromEntries(questions));
      const inputResponses = await patience.pausing(() => gathered);
      await patience.bound(ask("tasks/update", { taskId: id, inputResponses }));
    } catch (error) {
      for (const [key] of open) task.asked.delete(key);
      throw error;
    }
  }

  async #look(id: string, task: ModernTask): Promise<Frame> {
    const answer = await this.#options.ask("tasks/get", { taskId: id });
    const message = answer.value();
    if ("result" in message) {
      // The result may be large, and is fetched again when it is wanted.
      const { result: _result, ...state } = message.result;
      task.state = state;
    }
    return answer;
  }

  #mustKnow(id: string, owner: string): ModernTask {
    const task = this.#options.owners.get(id, owner);
    if (task) return task;
    throw unknownTask(this.#options.server, id);
  }

  #giveUp(taskId: string): void {
    this.#options.ask("tasks/cancel", { taskId }).catch(() => {});
  }
}

function shown({ state, isCancelled }: ModernTask): Params {
  return legacyTask(isCancelled ? { ...state, status: "cancelled" } : state);
}

/** What the call would have been answered, out of what the server says of its task. */
function outcome(server: string, answer: Frame, { status }: Params): Frame {
  if (status === "cancelled") throw cancelledError(server);
  const member = status === "completed" ? "result" : "error";
  const span = objectAt(answer, answer.spans.payload)?.members.get(member);
  const json = span && answer.bytes.subarray(span.start, span.end);
  if (json?.[0] !== 0x7b) throw untold(server, `a task that is ${status} without its ${member}`);
  if (member === "result") return resultFrame(0, json);
  return parseFrame(Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":0,"error":'), json, Buffer.from("}")]));
}

/** The question with the mark of its task, as 2025-11-25 wants it. */
function related(question: unknown, taskId: string): unknown {
  if (!isObject(question)) return question;
  const params = isObject(question.params) ? question.params : {};
  const meta = isObject(params._meta) ? params._meta : {};
  return { ...question, params: { ...params, _meta: { ...meta, [relatedTask]: { taskId } } } };
}

function untold(server: string, what: string): OmgError {
  const message = `Server '${server}' answered with ${what}`;
  return new OmgError("upstream_protocol_error", { server, executed: "unknown", message });
}

function lostError(server: string, why: string): OmgError {
  const message = `Server '${server}' does not tell how the task of this call is: ${why}`;
  return new OmgError("upstream_protocol_error", { server, executed: "unknown", message });
}

function cancelledError(server: string): OmgError {
  const message = `The task on server '${server}' was cancelled`;
  return new OmgError("cancelled", { server, executed: "unknown", message });
}
