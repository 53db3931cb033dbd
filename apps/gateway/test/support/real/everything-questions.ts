import { type Feature, outcome } from "./feature.ts";
import type { Party } from "./party.ts";
import type { Json } from "./sdk-lines.ts";

const sampled = {
  role: "assistant",
  model: "test-model",
  content: { type: "text", text: "an answer" },
  stopReason: "endTurn",
};
const filledIn = {
  action: "accept",
  content: { name: "Ann", check: true, integer: 42, untitledSingleSelectEnum: "Friends" },
};
const task = {
  taskId: "task-of-the-client",
  status: "working",
  ttl: 60_000,
  createdAt: "2026-01-01T00:00:00Z",
  lastUpdatedAt: "2026-01-01T00:00:00Z",
  pollInterval: 100,
};

/** What server-everything asks its client for: a model, a user, folders; and what it lets the client do as a task. */
export const questionFeatures: readonly Feature[] = [
  {
    title: "sampling",
    run: (party) =>
      asks(party, "sampling/createMessage", sampled, "trigger-sampling-request", {
        prompt: "Hi",
        maxTokens: 7,
      }),
  },
  ...[filledIn, { action: "decline" }, { action: "cancel" }].map(
    (answer): Feature => ({
      title: `elicitation: ${answer.action}`,
      run: (party) => asks(party, "elicitation/create", answer, "trigger-elicitation-request"),
    }),
  ),
  {
    title: "elicitation by a URL",
    run: (party) =>
      asks(party, "elicitation/create", { action: "accept" }, "trigger-url-elicitation", {
        url: "https://example.com/form",
        elicitationId: "form-1",
      }),
  },
  {
    title: "elicitation by an error, and the call after it",
    async run(party) {
      const args = { url: "https://example.com/login", errorPath: true };
      const call = () =>
        asks(party, "elicitation/create", { action: "accept" }, "trigger-url-elicitation", args);
      return [await call(), await call()];
    },
  },
  {
    title: "roots, and their change",
    sessionOnly: true,
    async run(party) {
      const told = "notifications/message";
      party.roots = [{ uri: "file:///first", name: "First" }];
      const start = party.heard.length;
      await party.sdk.notify("notifications/roots/list_changed");
      await party.hears(told, "1 root(s)", start);
      const before = await party.call("get-roots-list");
      party.roots = [{ uri: "file:///second" }, { uri: "file:///third", name: "Third" }];
      await party.sdk.notify("notifications/roots/list_changed");
      const { data, logger } = await party.hears(told, "2 root(s)", start);
      return { before, data, logger, after: await party.call("get-roots-list") };
    },
  },
  {
    title: "sampling as a task of the client",
    sessionOnly: true,
    run: (party) =>
      asksForTask(party, "sampling/createMessage", sampled, "trigger-sampling-request-async", {
        prompt: "Hi",
      }),
  },
  {
    title: "elicitation as a task of the client",
    sessionOnly: true,
    run: (party) => asksForTask(party, "elicitation/create", filledIn, "trigger-elicitation-request-async"),
  },
];

/** Calls a tool that asks something. Gives the questions and the result. */
async function asks(
  party: Party,
  method: string,
  answer: Json,
  tool: string,
  args: Json = {},
): Promise<unknown> {
  const start = party.asked.length;
  party.answers.set(method, () => answer);
  const result = await outcome(party.call(tool, args));
  return { questions: party.asked.slice(start).filter((one) => one.method !== "roots/list"), result };
}

function asksForTask(
  party: Party,
  method: string,
  answer: Json,
  tool: string,
  args: Json = {},
): Promise<unknown> {
  party.answers.set("tasks/get", () => ({ ...task, status: "completed" }));
  party.answers.set("tasks/result", () => answer);
  return asks(party, method, { task }, tool, args);
}
