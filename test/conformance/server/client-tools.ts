import { setTimeout } from "node:timers/promises";
import {
  CreateMessageResultSchema,
  type ElicitRequestFormParams,
  ElicitResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { text } from "./content.ts";
import { defaultsSchema, enumsSchema, userSchema } from "./elicitation-schemas.ts";
import { watchedUri } from "./resources.ts";
import { type ConformanceTool, noArguments, type ToolContext } from "./tool.ts";

/** So that messages leave one by one, as they do from a tool that works. */
const pauseMs = 50;

/** Tools that talk to the client before they answer. */
export const clientTools: readonly ConformanceTool[] = [
  {
    name: "test_tool_with_logging",
    description: "Sends three log messages while it runs",
    inputSchema: noArguments,
    async run(_args, { log }) {
      await log("info", "Tool execution started");
      await setTimeout(pauseMs);
      await log("info", "Tool processing data");
      await setTimeout(pauseMs);
      await log("info", "Tool execution completed");
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
    async run({ prompt }, { request, clientCapabilities }) {
      if (!clientCapabilities.sampling) throw new Error("The client does not support sampling");
      const content = { type: "text", text: String(prompt) } as const;
      const answer = await request.sendRequest(
        {
          method: "sampling/createMessage",
          params: { messages: [{ role: "user", content }], maxTokens: 100 },
        },
        CreateMessageResultSchema,
      );
      const words = answer.content.type === "text" ? answer.content.text : JSON.stringify(answer.content);
      return [text(`LLM response: ${words}`)];
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
    async run(_args, { request, subscriptions }) {
      if (!subscriptions.has(watchedUri)) return [text("Nobody is subscribed")];
      await request.sendNotification({
        method: "notifications/resources/updated",
        params: { uri: watchedUri },
      });
      return [text("Announced")];
    },
  },
  {
    name: "test_reconnection",
    description: "Closes the stream of its call, if it has one, and answers on the next",
    inputSchema: noArguments,
    async run(_args, { request }) {
      request.closeSSEStream?.();
      await setTimeout(2 * pauseMs);
      return [text("Reconnection test completed successfully")];
    },
  },
];

async function reportProgress({ request }: ToolContext, progress: number): Promise<void> {
  const progressToken = request._meta?.progressToken;
  if (progressToken === undefined) return;
  const params = { progressToken, progress, total: 100, message: `Completed ${progress} of 100` };
  await request.sendNotification({ method: "notifications/progress", params });
}

async function elicit(
  { request, clientCapabilities }: ToolContext,
  message: string,
  requestedSchema: ElicitRequestFormParams["requestedSchema"],
): Promise<string> {
  if (!clientCapabilities.elicitation) throw new Error("The client does not support elicitation");
  const { action, content } = await request.sendRequest(
    { method: "elicitation/create", params: { message, requestedSchema } },
    ElicitResultSchema,
  );
  return `action=${action}, content=${JSON.stringify(content ?? {})}`;
}
