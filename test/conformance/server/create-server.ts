import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import { clientTools } from "./client-tools.ts";
import { text } from "./content.ts";
import { contentTools } from "./content-tools.ts";
import { prompts } from "./prompts.ts";
import { readResource, resources, resourceTemplates } from "./resources.ts";

const tools = [...contentTools, ...clientTools];

/**
 * The server that the conformance suite expects: its names, its answers, every feature of the stateful protocol. Each
 * connection needs a server of its own.
 */
export function createConformanceServer(): Server {
  // The plain class of the SDK: the comfortable one writes schemas of its own in place of ours.
  const server = new Server(
    { name: "omg-conformance", version: "1.0.0" },
    {
      capabilities: { tools: {}, resources: { subscribe: true }, prompts: {}, completions: {}, logging: {} },
      // A tool that needs the client's model or user fails at once if the client has declared none.
      enforceStrictCapabilities: true,
    },
  );
  serveTools(server, serveResources(server));
  servePrompts(server);
  return server;
}

function serveTools(server: Server, subscriptions: ReadonlySet<string>): void {
  server.setRequestHandler("tools/list", () => ({ tools: tools.map(({ run: _run, ...tool }) => tool) }));
  server.setRequestHandler("tools/call", async ({ params }, call) => {
    const tool = tools.find(({ name }) => name === params.name);
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    try {
      return { content: await tool.run(params.arguments ?? {}, { call, subscriptions }) };
    } catch (error) {
      return { content: [text(error instanceof Error ? error.message : String(error))], isError: true };
    }
  });
}

/** Gives the URIs that the client is subscribed to. */
function serveResources(server: Server): ReadonlySet<string> {
  const subscriptions = new Set<string>();
  server.setRequestHandler("resources/list", () => ({ resources }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const result = readResource(uri);
    if (!result) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Resource not found", { uri });
    return result;
  });
  server.setRequestHandler("resources/subscribe", ({ params }) => {
    subscriptions.add(params.uri);
    return {};
  });
  server.setRequestHandler("resources/unsubscribe", ({ params }) => {
    subscriptions.delete(params.uri);
    return {};
  });
  return subscriptions;
}

function servePrompts(server: Server): void {
  server.setRequestHandler("prompts/list", () => ({
    prompts: prompts.map(({ messages: _messages, ...prompt }) => prompt),
  }));
  server.setRequestHandler("prompts/get", ({ params }) => {
    const prompt = prompts.find(({ name }) => name === params.name);
    if (!prompt) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    const messages = prompt.messages(params.arguments ?? {});
    return { messages: messages.map((content) => ({ role: "user" as const, content })) };
  });
  server.setRequestHandler("completion/complete", ({ params: { argument } }) => {
    const values = ["paris", "park", "party"].filter((word) => word.startsWith(argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
}
