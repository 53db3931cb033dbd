import { Refusal } from "./conversation.mjs";
import { finishTask } from "./tasks.mjs";
import { text } from "./text.mjs";

/** Tools by which a test makes the server say something, or learns what the server has heard. */
export const clientTools = [
  { name: "pid", run: () => text(String(process.pid)) },
  {
    // Resolves when a message has come: of this method (none: an answer), with this text in it, or about the call that is
    // held.
    name: "received",
    async run({ method, includes, call }, { conversation }) {
      const about =
        call === undefined ? includes : `"requestId":${JSON.stringify(conversation.held.get(call).id)}`;
      return text(await conversation.received(method, about));
    },
  },
  {
    name: "count",
    run: ({ method, includes }, { conversation }) => text(String(conversation.seen(method, includes).length)),
  },
  {
    // Resolves when the call has come that is to be released.
    name: "release",
    async run({ key }, { conversation }) {
      await conversation.received("tools/call", `"hold","arguments":{"key":"${key}"}`);
      conversation.held.get(key)?.release();
      return text("released");
    },
  },
  {
    name: "ask",
    run: async ({ method, params }, { conversation }) => text(await conversation.ask(method, params)),
  },
  {
    // Asks, and does not want to know any more once a message of the client says so.
    name: "withdraw",
    async run({ method, params, key }, { conversation }) {
      void conversation.ask(method, params, key);
      await conversation.received("tools/call", `"give-up-${key}"`);
      conversation.notify("notifications/cancelled", { requestId: key, reason: "No longer needed" });
      return text("withdrawn");
    },
  },
  {
    // Says something, or asks if there is an id for it, right after the answer: when they come, no call is in flight.
    name: "later",
    run({ method, params, id }, { conversation }) {
      process.stdout.cork();
      setImmediate(() => {
        if (id === undefined) conversation.notify(method, params);
        else void conversation.ask(method, params, id);
        process.stdout.uncork();
      });
      return text("later");
    },
  },
  {
    name: "say",
    run({ method, params }, { conversation }) {
      conversation.notify(method, params);
      return text("said");
    },
  },
  {
    name: "progress",
    run({ steps }, { conversation, params }) {
      const progressToken = params._meta?.progressToken;
      for (let progress = 1; progress <= steps; progress++) {
        conversation.notify("notifications/progress", {
          progressToken,
          progress,
          total: steps,
          message: "on",
        });
      }
      return text(JSON.stringify({ progressToken }));
    },
  },
  {
    name: "log",
    run({ data }, { conversation }) {
      for (const level of ["debug", "info", "warning", "error"]) {
        if (levels.indexOf(level) < levels.indexOf(conversation.level)) continue;
        conversation.notify("notifications/message", { logger: "log", data, level });
      }
      return text(conversation.level);
    },
  },
  {
    name: "change",
    run({ list, name }, { conversation }) {
      conversation.added[list].push(name);
      conversation.notify(`notifications/${list}/list_changed`);
      return text("changed");
    },
  },
  {
    name: "touch",
    run({ uri }, { conversation }) {
      if (conversation.subscriptions.has(uri))
        conversation.notify("notifications/resources/updated", { uri });
      return text([...conversation.subscriptions]);
    },
  },
  {
    name: "need_url",
    run({ elicitationId }) {
      const url = "https://example.com/login";
      const elicitations = [{ mode: "url", elicitationId, url, message: "Log in first" }];
      throw new Refusal({ code: -32042, message: "Log in first", data: { elicitations } });
    },
  },
  {
    name: "finish",
    run({ taskId }, { conversation }) {
      finishTask(conversation, taskId);
      return text("finished");
    },
  },
  { name: "crash", run: () => process.exit(1) },
];

const levels = ["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"];
