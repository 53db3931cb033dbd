import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import type { RequestHandlerExtra } from "@modelcontextprotocol/sdk/shared/protocol.js";
import {
  CallToolRequestSchema,
  CreateMessageResultSchema,
  ElicitResultSchema,
  type ServerNotification,
  type ServerRequest,
} from "@modelcontextprotocol/sdk/types.js";

export type Extra = RequestHandlerExtra<ServerRequest, ServerNotification>;
/** A tool: gives the text of its result. */
export type Tool = (argument: string, extra: Extra) => Promise<string>;

/** A server of SDK 1.x that has these tools. */
export function toolServer(tools: Record<string, Tool>): Server {
  const server = new Server({ name: "test", version: "1" }, { capabilities: { tools: {}, logging: {} } });
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const text = await (tools[params.name] as Tool)(String(params.arguments?.argument), extra);
    return { content: [{ type: "text", text }] };
  });
  return server;
}

/** Asks the caller's model from within a tool. */
export async function sample(text: string, { sendRequest }: Extra, signal?: AbortSignal): Promise<string> {
  const messages = [{ role: "user" as const, content: { type: "text" as const, text } }];
  const params = { messages, maxTokens: 1 };
  const { content } = await sendRequest(
    { method: "sampling/createMessage", params },
    CreateMessageResultSchema,
    signal && { signal },
  );
  return (content as { text: string }).text;
}

/** Asks the person at the caller's side from within a tool. */
export async function elicit(message: string, { sendRequest }: Extra): Promise<unknown> {
  const requestedSchema = { type: "object" as const, properties: { text: { type: "string" as const } } };
  const params = { message, requestedSchema };
  const { content } = await sendRequest({ method: "elicitation/create", params }, ElicitResultSchema);
  return content?.text;
}
