import { randomUUID } from "node:crypto";
import { Refusal } from "./conversation.mjs";

/** A call as a task of 2025-11-25: it works until it is finished or cancelled from outside. */
export function createTask(conversation, { task: { ttl = null }, _meta }, run) {
  const taskId = randomUUID();
  const { promise: ended, resolve: end } = Promise.withResolvers();
  const now = new Date().toISOString();
  const shown = { taskId, status: "working", ttl, createdAt: now, lastUpdatedAt: now, pollInterval: 100 };
  conversation.tasks.set(taskId, { shown, run, ended, end, token: _meta?.progressToken });
  return { task: { ...shown }, _meta: { "com.example/task": true } };
}

/** Ends a task: its progress, its status, and the answer for who waits for its result. */
export function finishTask(conversation, taskId, status = "completed") {
  const task = find(conversation, taskId);
  Object.assign(task.shown, { status, statusMessage: "It is over" });
  if (task.token !== undefined) {
    conversation.notify("notifications/progress", { progressToken: task.token, progress: 1, total: 1 });
  }
  conversation.notify("notifications/tasks/status", { ...task.shown });
  task.end();
}

export async function answerTask(conversation, method, { taskId }) {
  if (method === "tasks/list") return { tasks: [...conversation.tasks.values()].map(({ shown }) => shown) };
  const task = find(conversation, taskId);
  if (method === "tasks/get") return task.shown;
  if (method === "tasks/cancel") {
    if (task.shown.status !== "working") throw new Refusal({ code: -32602, message: "The task is over" });
    finishTask(conversation, taskId, "cancelled");
    return task.shown;
  }
  await task.ended;
  const result = await task.run();
  return { ...result, _meta: { "io.modelcontextprotocol/related-task": { taskId } } };
}

function find({ tasks }, taskId) {
  const task = tasks.get(taskId);
  if (!task) throw new Refusal({ code: -32602, message: `Unknown task: ${taskId}` });
  return task;
}
