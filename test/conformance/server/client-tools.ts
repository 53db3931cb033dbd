import { setTimeout } from "node:timers/promises";
import type { ElicitRequestFormParams } from "@modelcontextprotocol/server";
import { text } from "./content.ts";
import { defaultsSchema, enumsSchema, userSchema } from "./elicitation-schemas.ts";
import { elicit, said, sample } from "./questions.ts";
import { type CallContext, type ConformanceTool, noArguments } from "./tool.ts";

/** So that messages leave one by one, as they do from a tool that works. */
const pauseMs = 50;

/** Tools that talk to the client before they answer. */
export const clientTools: readonly ConformanceTool[] = [
  {
    name: "test_tool_with_logging",
    description: "Sends three log messages while it runs",
    inputSchema: noArguments,
    async run(_args, { log }) {
      await log("Tool execution started");
      await setTimeout(pauseMs);
      await log("Tool processing data");
      await setTimeout(pauseMs);
      await log("Tool execution completed");
      return [text("Tool with logging executed successfully")];
    },
  },
  {
    name: "test_logging_tool",
    description: "Sends a log message, to clients that want it",
    inputSchema: noArguments,
    async run(_args, { log }) {
      await log("Called");
      return [text("Logged")];
    },
  },
  {
    name: "test_tool_with_progress",
    description: "Reports progress while it runs, to callers that gave a token",
    inputSchema: noArguments,
    async run(_args, { progress }) {
      await progress(0);
      await setTimeout(pauseMs);
      await progress(50);
      await setTimeout(pauseMs);
      await progress(100);
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
    async run({ prompt }, { ask }) {
      const { model } = await ask({ model: sample(String(prompt)) });
      return [text(`LLM response: ${said(model)}`)];
    },
  },
  {
    name: "test_missing_capability",
    description: "Asks the client's model, which callers who have none cannot be asked",
    inputSchema: noArguments,
    async run(_args, { ask }) {
      const { model } = await ask({ model: sample("Are you there?") });
      return [text(`LLM response: ${said(model)}`)];
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
      return [text(`User response: ${await outcome(context, String(message), userSchema)}`)];
    },
  },
  {
    name: "test_streaming_elicitation",
    description: "Asks the user in the middle of a call",
    inputSchema: noArguments,
    async run(_args, context) {
      return [text(`User response: ${await outcome(context, "Who are you?", userSchema)}`)];
    },
  },
  {
    name: "test_elicitation_sep1034_defaults",
    description: "Asks the user with a default for every primitive type",
    inputSchema: noArguments,
    async run(_args, context) {
      const answer = await outcome(context, "Please review the defaults", defaultsSchema);
      return [text(`Elicitation completed: ${answer}`)];
    },
  },
  {
    name: "test_elicitation_sep1330_enums",
    description: "Asks the user with every form of an enumeration",
    inputSchema: noArguments,
    async run(_args, context) {
      const answer = await outcome(context, "Please choose", enumsSchema);
      return [text(`Elicitation completed: ${answer}`)];
    },
  },
  {
    name: "test_reconnection",
    description: "Closes the stream of its call, if it has one, and answers on the next",
    inputSchema: noArguments,
    async run(_args, { closeStream }) {
      closeStream();
      await setTimeout(2 * pauseMs);
      return [text("Reconnection test completed successfully")];
    },
  },
];

async function outcome(
  { ask }: CallContext,
  message: string,
  schema: ElicitRequestFormParams["requestedSchema"],
): Promise<string> {
  const { user } = await ask({ user: elicit(message, schema) });
  return `action=${user.action}, content=${JSON.stringify(user.content ?? {})}`;
}
