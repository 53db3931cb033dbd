import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import {
  CallToolRequestSchema,
  CompleteRequestSchema,
  ErrorCode,
  GetPromptRequestSchema,
  ListPromptsRequestSchema,
  ListResourcesRequestSchema,
  ListResourceTemplatesRequestSchema,
  ListToolsRequestSchema,
  type LoggingLevel,
  LoggingLevelSchema,
  McpError,
  ReadResourceRequestSchema,
  SetLevelRequestSchema,
  SubscribeRequestSchema,
  UnsubscribeRequestSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { clientTools } from "./client-tools.ts";
import { text } from "./content.ts";
import { contentTools } from "./content-tools.ts";
import { prompts } from "./prompts.ts";
import { readResource, resources, resourceTemplates } from "./resources.ts";
import type { ToolContext } from "./tool.ts";

const tools = [...contentTools, ...clientTools];

/** The server that the conformance suite expects: its names, its answers, every feature of the stateful protocol. */
export function createConformanceServer(): Server {
  // The plain class of the SDK: the comfortable one writes schemas of its own in place of ours.
  const server = new Server(
    { name: "omg-conformance", version: "1.0.0" },
    {
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
    },
  );
  serveTools(server, serveLogging(server), serveResources(server));
  servePrompts(server);
  return server;
}

type Log = (request: ToolContext["request"], level: LoggingLevel, data: unknown) => Promise<void>;

function serveLogging(server: Server): Log {
  const levels = LoggingLevelSchema.options;
  let least: LoggingLevel = "info";
  server.setRequestHandler(SetLevelRequestSchema, ({ params }) => {
    least = params.level;
    return {};
  });
  return async (request, level, data) => {
    if (levels.indexOf(level) < levels.indexOf(least)) return;
    const params = { level, logger: "conformance", data };
    await request.sendNotification({ method: "notifications/message", params });
  };
}

function serveTools(server: Server, log: Log, subscriptions: ReadonlySet<string>): void {
  server.setRequestHandler(ListToolsRequestSchema, () => ({
    tools: tools.map(({ run: _run, ...tool }) => tool),
  }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, request) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) throw new McpError(ErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    const context: ToolContext = {
      request,
      clientCapabilities: server.getClientCapabilities() ?? {},
      subscriptions,
      log: (level, data) => log(request, level, data),
    };
    try {
      return { content: await tool.run(params.arguments ?? {}, context) };
    } catch (error) {
      return { content: [text(error instanceof Error ? error.message : String(error))], isError: true };
    }
  });
}

/** Gives the URIs that the client is subscribed to. */
function serveResources(server: Server): ReadonlySet<string> {
  const subscriptions = new Set<string>();
  server.setRequestHandler(ListResourcesRequestSchema, () => ({ resources }));
  server.setRequestHandler(ListResourceTemplatesRequestSchema, () => ({ resourceTemplates }));
  server.setRequestHandler(ReadResourceRequestSchema, ({ params: { uri } }) => {
    const result = readResource(uri);
    if (!result) throw new McpError(ErrorCode.InvalidParams, "Resource not found", { uri });
    return result;
  });
  server.setRequestHandler(SubscribeRequestSchema, ({ params }) => {
    subscriptions.add(params.uri);
    return {};
  });
  server.setRequestHandler(UnsubscribeRequestSchema, ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
  return subscriptions;
}

function servePrompts(server: Server): void {
  server.setRequestHandler(ListPromptsRequestSchema, () => ({
    prompts: prompts.map(({ messages: _messages, ...prompt }) => prompt),
  }));
  server.setRequestHandler(GetPromptRequestSchema, ({ params }) => {
    const prompt = prompts.find(({ name }) => name === params.name);
    if (!prompt) throw new McpError(ErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    const messages = prompt.messages(params.arguments ?? {});
    return { messages: messages.map((content) => ({ role: "user" as const, content })) };
  });
  server.setRequestHandler(CompleteRequestSchema, ({ params: { argument } }) => {
    const values = ["paris", "park", "party"].filter((word) => word.startsWith(argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
}
