import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.ts";
import { isObject } from "../is-object.ts";
import { withMembers } from "../modern/envelope.ts";
import { inputRequestsText, inputResponses } from "../modern/input-requests.ts";
import { missingCapabilityError } from "../modern/missing-capabilities.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, parseFrame, resultFrame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { Params } from "../runtime/transport.ts";
import { Call, type Caller } from "../session/call.ts";
import { LegacyTask } from "./legacy-task.ts";
import { OwnedTasks, ownerOf, unknownTask } from "./owned-tasks.ts";
import { Patience } from "./patience.ts";
import { TaskClient, waitingClient } from "./task-clients.ts";
import { isOver, knowsTasks, modernTask, pollDelay, tasksDeclared } from "./task-shapes.ts";
import { asLegacy } from "./to-legacy.ts";
import type { Edits } from "./upstream-types.ts";

export interface TasksForModernOptions {
  readonly server: string;
  readonly clock: Clock;
  /** Whether the instance outlives the call; if not, no task does. */
  readonly isShared: boolean;
  readonly maxCallMs: number;
  /** The server's description of one of its tools, if it is known. */
  readonly tool: (name: string) => Promise<ListedItem | undefined>;
  /** Sends the frame of a call to the server. */
  readonly request: (call: Call, edits?: Edits) => Promise<Frame>;
  /** Forgets, and cancels, what a session of ours left on the instance. */
  readonly endSession: (session: string) => void;
}

/** A task that its client comes back for. */
interface Kept {
  readonly task: LegacyTask;
  readonly client: TaskClient;
  stopExpiry(): void;
}

/** How long a server is asked to keep a task, and the longest that the gateway does. */
const lifetimeMs = 86_400_000;
const questionWaitMs = 1000;

/**
 * The tasks (MCP 2025-11-25) of one legacy instance for clients of the modern era. A tool that runs as a task only is run as
 * one: the client gets the task if it knows the extension, and the result otherwise.
 */
export class TasksForModern {
  readonly #options: TasksForModernOptions;
  /** Under ids of ours: a server that counts sessions on may number its tasks. */
  readonly #tasks: OwnedTasks<Kept>;

  constructor(options: TasksForModernOptions) {
    this.#options = options;
    this.#tasks = new OwnedTasks(({ client, stopExpiry }) => {
      stopExpiry();
      client.end(overError);
      options.endSession(client.id);
    });
  }

  /** A request of a client of the modern era; `plain` sends it as it is. */
  async forward(call: Call, edits: Edits | undefined, plain: () => Promise<Frame>): Promise<Frame> {
    const { method, name = "", taskId = "" } = call.frame.head;
    const kept = () => this.#mustKnow(edits?.taskId ?? taskId, call.caller);
    switch (method) {
      case "tools/call":
        return (await this.#needsTask(edits?.name ?? name)) ? this.#run(call, edits) : plain();
      case "tasks/get":
        return this.#get(edits?.taskId ?? taskId, kept());
      case "tasks/update":
        return update(call.frame, kept());
      case "tasks/cancel":
        await kept().task.cancel();
        return resultFrame(0, '{"resultType":"complete"}');
      default:
        return plain();
    }
  }

  end(): void {
    this.#tasks.forgetAll();
  }

  async #needsTask(name: string): Promise<boolean> {
    const tool = await this.#options.tool(name);
    if (!tool?.bytes.includes('"taskSupport"')) return false;
    const { execution } = JSON.parse(tool.bytes.toString()) as Params;
    return isObject(execution) && execution.taskSupport === "required";
  }

  #run(call: Call, edits: Edits | undefined): Promise<Frame> {
    const { server, isShared } = this.#options;
    const augmented = withMembers(asLegacy(server, call.frame), { task: { ttl: lifetimeMs } });
    const frame = parseFrame(augmented.bytes);
    const isKept = isShared && knowsTasks(call.caller.capabilities);
    return isKept ? this.#keep(call, frame, edits) : this.#complete(call, frame, edits);
  }

  /** Begins a task and gives it to the client. */
  async #keep(call: Call, frame: Frame, edits: Edits | undefined): Promise<Frame> {
    const client = new TaskClient(call.caller);
    const making = madeFor(client, call, frame);
    call.holdBy({ giveUp: ({ message }) => making.cancel(message) });
    const answer = await this.#options.request(making, edits).finally(() => call.holdBy(undefined));
    const made = begunIn(answer);
    if (!made) return answer;
    client.made();
    const task = this.#task(made.task.taskId, client, call);
    if (call.cancelled) {
      task.cancel().catch(() => {});
      throw call.cancelled;
    }
    const id = randomUUID();
    const { ttl } = made.task;
    const livesMs = typeof ttl === "number" ? Math.min(ttl, lifetimeMs) : lifetimeMs;
    const stopExpiry = this.#options.clock.after(livesMs, () => this.#tasks.forget(id));
    this.#tasks.add(id, ownerOf(call.caller), { task, client, stopExpiry });
    const state = modernTask(id, { ...made.task, ttl: livesMs });
    return resultFrame(0, JSON.stringify({ ...made.more, resultType: "task", ...state }));
  }

  /** Begins a task and waits for its end. */
  async #complete(call: Call, frame: Frame, edits: Edits | undefined): Promise<Frame> {
    const { server, clock, maxCallMs, request } = this.#options;
    const patience = new Patience({ server, clock, call, maxMs: maxCallMs });
    const client = waitingClient(call.caller, patience);
    const making = madeFor(client, call, frame);
    const { signal } = patience;
    signal.addEventListener("abort", () => making.cancel(signal.reason.message), { once: true });
    let task: LegacyTask | undefined;
    try {
      const answer = await request(making, edits);
      const made = begunIn(answer);
      if (!made) return answer;
      task = this.#task(made.task.taskId, client, call);
      for (let state: Params = made.task; ; ) {
        if (!isOver(state)) await patience.wait(pollDelay(state.pollInterval));
        state = await patience.bound(task.state());
        if (state.status === "cancelled") throw cancelledError(server);
        if (isOver(state)) return await patience.bound(task.outcome());
        if (state.status === "input_required") task.hear();
      }
    } catch (error) {
      task?.cancel().catch(() => {});
      throw error;
    } finally {
      patience.end();
    }
  }

  async #get(id: string, { task, client }: Kept): Promise<Frame> {
    const state = await task.state();
    if (isOver(state)) {
      const outcome = state.status === "cancelled" ? undefined : await task.outcome();
      return detailed(id, state, outcome && outcomeOf(outcome));
    }
    if (state.status === "input_required" && client.questions.size === 0) {
      task.hear();
      await client.asked(questionWaitMs, this.#options.clock);
    }
    const { all } = client.questions;
    if (all.size === 0) return detailed(id, { ...state, status: "working" });
    return detailed(id, state, { status: "input_required", inputRequests: inputRequestsText(all) });
  }

  #task(taskId: string, client: Caller, { translator }: Call): LegacyTask {
    const { server, request } = this.#options;
    return new LegacyTask({ server, taskId, client, translator, request });
  }

  #mustKnow(id: string, caller: Caller): Kept {
    if (!knowsTasks(caller.capabilities)) throw missingCapabilityError(tasksDeclared, "it is about a task");
    const kept = this.#tasks.get(id, ownerOf(caller));
    if (kept) return kept;
    throw unknownTask(this.#options.server, id);
  }
}

/** The call that makes a task, in the place of the client's own. */
function madeFor(client: Caller, { translator }: Call, frame: Frame): Call {
  const making = new Call(frame, client);
  making.translator = translator;
  return making;
}

/** The task that a server of the legacy era has begun, if it has. */
function begunIn(answer: Frame): { task: Params & { taskId: string }; more: Params } | undefined {
  const message = answer.value();
  if (!("result" in message)) return undefined;
  const { task, ...more } = message.result;
  if (!isObject(task) || typeof task.taskId !== "string") return undefined;
  return { task: { ...task, taskId: task.taskId }, more };
}

function update(frame: Frame, { client }: Kept): Frame {
  for (const [key, answer] of inputResponses(frame)) client.questions.answer(key, answer);
  return resultFrame(0, '{"resultType":"complete"}');
}

/** What the extension wants with a task's state; each member but `status` is JSON. */
interface Detail {
  readonly status: string;
  readonly inputRequests?: string;
  readonly result?: string;
  readonly error?: string;
}

/** In 2025-11-25 a tool that says that it failed makes a failed task; in the extension only an error does. */
function outcomeOf({ head, bytes, spans: { payload } }: Frame): Detail {
  const text = payload ? bytes.toString("utf8", payload.start, payload.end) : "{}";
  return head.kind === "error" ? { status: "failed", error: text } : { status: "completed", result: text };
}

function detailed(id: string, state: Params, detail?: Detail): Frame {
  const { status = state.status, ...members } = detail ?? {};
  const task = JSON.stringify({ resultType: "complete", ...modernTask(id, { ...state, status }) });
  const more = Object.entries(members).map(([key, json]) => `,"${key}":${json}`);
  return resultFrame(0, `${task.slice(0, -1)}${more.join("")}}`);
}

function cancelledError(server: string): OmgError {
  return new OmgError("cancelled", {
    server,
    executed: "unknown",
    message: `Server '${server}' cancelled the task of this call`,
  });
}

function overError(): OmgError {
  return new OmgError("cancelled", { message: "The task is over" });
}
