import { isObject } from "../is-object.ts";
import { type Frame, mentions } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";

const tasksExtension = "io.modelcontextprotocol/tasks";
export const relatedTask = "io.modelcontextprotocol/related-task";

/** What a client says that it takes tasks of the modern era. */
export const tasksDeclared = { extensions: { [tasksExtension]: {} } };

const finalStates: readonly unknown[] = ["completed", "failed", "cancelled"];
const usualPollMs = 1000;
const shortestPollMs = 50;
const longestPollMs = 30_000;

export function isOver({ status }: Params): boolean {
  return finalStates.includes(status);
}

/** How long to wait before the next look at a task, by what its server would like. */
export function pollDelay(wish: unknown): number {
  const ms = typeof wish === "number" ? wish : usualPollMs;
  return Math.min(Math.max(ms, shortestPollMs), longestPollMs);
}

/** Whether clients or servers that say this of themselves know tasks of the modern era. */
export function knowsTasks(capabilities: Readonly<Record<string, unknown>>): boolean {
  const { extensions } = capabilities;
  return isObject(extensions) && isObject(extensions[tasksExtension]);
}

/** Whether a server of the legacy era runs calls of tools as tasks. */
export function runsTasks(capabilities: Readonly<Record<string, unknown>>): boolean {
  const requests = isObject(capabilities.tasks) ? capabilities.tasks.requests : undefined;
  return isObject(requests) && isObject(requests.tools) && requests.tools.call !== undefined;
}

/** The task that an answer of the modern era is, if it is one. */
export function taskIn(answer: Frame): (Params & { taskId: string }) | undefined {
  if (answer.head.kind !== "result" || !mentions(answer, '"task"')) return undefined;
  const message = answer.value();
  const result: Params = "result" in message ? message.result : {};
  const { resultType, taskId } = result;
  return resultType === "task" && typeof taskId === "string" ? { ...result, taskId } : undefined;
}

/** A task of 2025-11-25 as the extension words it, under an id of ours. */
export function modernTask(taskId: string, { ttl, pollInterval, ...state }: Params): Params {
  return {
    ...state,
    taskId,
    ttlMs: ttl ?? null,
    ...(pollInterval === undefined ? {} : { pollIntervalMs: pollInterval }),
  };
}

/** A task of the extension as 2025-11-25 words it. What belongs to a state is fetched another way there. */
export function legacyTask({ ttlMs, pollIntervalMs, ...task }: Params): Params {
  const { resultType: _type, inputRequests: _inputs, result: _result, error: _error, ...state } = task;
  return {
    ...state,
    ttl: ttlMs ?? null,
    ...(pollIntervalMs === undefined ? {} : { pollInterval: pollIntervalMs }),
  };
}
