import { setTimeout } from "node:timers/promises";
import type { ElicitRequestFormParams } from "@modelcontextprotocol/server";
import { text } from "./content.ts";
import { defaultsSchema, enumsSchema, userSchema } from "./elicitation-schemas.ts";
import { watchedUri } from "./resources.ts";
import { type ConformanceTool, noArguments, type ToolContext } from "./tool.ts";

/** So that messages leave one by one, as they do from a tool that works. */
const pauseMs = 50;

const logger = "conformance";

/** Tools that talk to the client before they answer. */
export const clientTools: readonly ConformanceTool[] = [
  {
    name: "test_tool_with_logging",
    description: "Sends three log messages while it runs",
    inputSchema: noArguments,
    async run(_args, { call }) {
      await call.mcpReq.log("info", "Tool execution started", logger);
      await setTimeout(pauseMs);
      await call.mcpReq.log("info", "Tool processing data", logger);
      await setTimeout(pauseMs);
      await call.mcpReq.log("info", "Tool execution completed", logger);
      return [text("Tool with logging executed successfully")];
    },
  },
  {
    name: "test_tool_with_progress",
    description: "Reports progress while it runs, to callers that gave a token",
    inputSchema: noArguments,
    async run(_args, context) {
      await reportProgress(context, 0);
      await setTimeout(pauseMs);
      await reportProgress(context, 50);
      await setTimeout(pauseMs);
      await reportProgress(context, 100);
      return [text("Tool with progress executed successfully")];
    },
  },
  {
    name: "test_sampling",
    description: "Asks the client's model",
    inputSchema: {
      type: "object",
      properties: { prompt: { type: "string", description: "What to ask" } },
      required: ["prompt"],
    },
    async run({ prompt }, { call }) {
      const content = { type: "text", text: String(prompt) } as const;
      const answer = await call.mcpReq.send({
        method: "sampling/createMessage",
        params: { messages: [{ role: "user", content }], maxTokens: 100 },
      });
      const [block] = [answer.content].flat();
      return [text(`LLM response: ${block?.type === "text" ? block.text : JSON.stringify(answer.content)}`)];
    },
  },
  {
    name: "test_elicitation",
    description: "Asks the user for a name and an address",
    inputSchema: {
      type: "object",
      properties: { message: { type: "string", description: "What to say to the user" } },
      required: ["message"],
    },
    async run({ message }, context) {
      return [text(`User response: ${await elicit(context, String(message), userSchema)}`)];
    },
  },
  {
    name: "test_elicitation_sep1034_defaults",
    description: "Asks the user with a default for every primitive type",
    inputSchema: noArguments,
    async run(_args, context) {
      const answer = await elicit(context, "Please review the defaults", defaultsSchema);
      return [text(`Elicitation completed: ${answer}`)];
    },
  },
  {
    name: "test_elicitation_sep1330_enums",
    description: "Asks the user with every form of an enumeration",
    inputSchema: noArguments,
    async run(_args, context) {
      const answer = await elicit(context, "Please choose", enumsSchema);
      return [text(`Elicitation completed: ${answer}`)];
    },
  },
  {
    name: "test_resource_update",
    description: "Announces a change of the watched resource, to a client that subscribed to it",
    inputSchema: noArguments,
    async run(_args, { call, subscriptions }) {
      if (!subscriptions.has(watchedUri)) return [text("Nobody is subscribed")];
      await call.mcpReq.notify({ method: "notifications/resources/updated", params: { uri: watchedUri } });
      return [text("Announced")];
    },
  },
  {
    name: "test_reconnection",
    description: "Closes the stream of its call, if it has one, and answers on the next",
    inputSchema: noArguments,
    async run(_args, { call }) {
      call.http?.closeSSE?.();
      await setTimeout(2 * pauseMs);
      return [text("Reconnection test completed successfully")];
    },
  },
];

async function reportProgress({ call }: ToolContext, progress: number): Promise<void> {
  const progressToken = call.mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  const params = { progressToken, progress, total: 100, message: `Completed ${progress} of 100` };
  await call.mcpReq.notify({ method: "notifications/progress", params });
}

async function elicit(
  { call }: ToolContext,
  message: string,
  requestedSchema: ElicitRequestFormParams["requestedSchema"],
): Promise<string> {
  // Not the SDK's own method for this: it judges what the client answers.
  const { action, content } = await call.mcpReq.send({
    method: "elicitation/create",
    params: { message, requestedSchema },
  });
  return `action=${action}, content=${JSON.stringify(content ?? {})}`;
}
