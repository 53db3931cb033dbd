import {
  ProtocolError,
  ProtocolErrorCode,
  Server,
  type ServerCapabilities,
  type ServerContext,
  UrlElicitationRequiredError,
} from "@modelcontextprotocol/server";
import { changeTools } from "./change-tools.ts";
import { clientTools } from "./client-tools.ts";
import { text } from "./content.ts";
import { contentTools } from "./content-tools.ts";
import { type Era, Unanswered } from "./era.ts";
import type { Fixture } from "./fixture.ts";
import { prompts } from "./prompts.ts";
import { questionTools } from "./question-tools.ts";
import { readResource, resources, resourceTemplates } from "./resources.ts";
import type { Announcer, CallContext, ConformanceTool } from "./tool.ts";

const tools = [...contentTools, ...clientTools, ...questionTools, ...changeTools];
const capabilities: ServerCapabilities = {
  tools: { listChanged: true },
  resources: { subscribe: true },
  prompts: { listChanged: true },
  completions: {},
  logging: {},
};
const logger = "conformance";

export interface ConformanceServerOptions {
  readonly era: Era;
  readonly fixture: Fixture;
  /** Where the server's connection is not the way to those who listen. Default: it is. */
  readonly announce?: Announcer;
  readonly more?: More;
}

/** What tests want of the server that the suite does not know. */
export interface More {
  readonly tools?: readonly ConformanceTool[];
  readonly instructions?: string;
}

/**
 * The server that the conformance suite expects: its names, its answers, every feature of the protocol. Each connection
 * needs a server of its own; in the modern era over HTTP, each request.
 */
export function createConformanceServer({
  era,
  fixture,
  announce,
  more = {},
}: ConformanceServerOptions): Server {
  // The plain class of the SDK: the comfortable one writes schemas of its own in place of ours.
  const { tools: moreTools = [], instructions } = more;
  const server = new Server(
    { name: "omg-conformance", version: "1.0.0" },
    { capabilities, ...(instructions === undefined ? {} : { instructions }), ...era.options },
  );
  const ownAnnouncer = era.announcerOf(server);
  const contextOf = (call: ServerContext): CallContext => ({
    fixture,
    announce: announce ?? ownAnnouncer,
    capabilities: era.capabilitiesOf(server, call),
    ask: era.askerOf(call),
    log: (words, level = "info") => call.mcpReq.log(level, words, logger),
    meta: call.mcpReq._meta ?? {},
    signal: call.mcpReq.signal,
    progress: (done) => reportProgress(call, done),
    closeStream: () => call.http?.closeSSE?.(),
  });
  serveTools(server, [...tools, ...moreTools], fixture, contextOf);
  serveResources(server);
  servePrompts(server, fixture, contextOf);
  return server;
}

type ContextOf = (call: ServerContext) => CallContext;

function serveTools(
  server: Server,
  served: readonly ConformanceTool[],
  fixture: Fixture,
  contextOf: ContextOf,
): void {
  const there = () => served.filter(({ isThere }) => isThere?.(fixture) ?? true);
  server.setRequestHandler("tools/list", () => ({
    tools: there().map(({ run: _run, isThere: _isThere, ...tool }) => tool),
  }));
  server.setRequestHandler("tools/call", async ({ params }, call) => {
    const tool = there().find(({ name }) => name === params.name);
    if (!tool) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: ${params.name}`);
    try {
      const outcome = await tool.run(params.arguments ?? {}, contextOf(call));
      return Array.isArray(outcome) ? { content: outcome } : outcome;
    } catch (error) {
      if (error instanceof Unanswered) return error.result;
      if (error instanceof UrlElicitationRequiredError) throw error;
      return { content: [text(error instanceof Error ? error.message : String(error))], isError: true };
    }
  });
}

function serveResources(server: Server): void {
  server.setRequestHandler("resources/list", () => ({ resources }));
  server.setRequestHandler("resources/templates/list", () => ({ resourceTemplates }));
  server.setRequestHandler("resources/read", ({ params: { uri } }) => {
    const result = readResource(uri);
    if (!result) throw new ProtocolError(ProtocolErrorCode.InvalidParams, "Resource not found", { uri });
    return result;
  });
}

function servePrompts(server: Server, fixture: Fixture, contextOf: ContextOf): void {
  const there = () => prompts.filter(({ isThere }) => isThere?.(fixture) ?? true);
  server.setRequestHandler("prompts/list", () => ({
    prompts: there().map(({ messages: _messages, isThere: _isThere, ...prompt }) => prompt),
  }));
  server.setRequestHandler("prompts/get", async ({ params }, call) => {
    const prompt = there().find(({ name }) => name === params.name);
    if (!prompt) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown prompt: ${params.name}`);
    try {
      const messages = await prompt.messages(params.arguments ?? {}, contextOf(call));
      return { messages: messages.map((content) => ({ role: "user" as const, content })) };
    } catch (error) {
      if (error instanceof Unanswered) return error.result;
      throw error;
    }
  });
  server.setRequestHandler("completion/complete", ({ params: { argument } }) => {
    const values = ["paris", "park", "party"].filter((word) => word.startsWith(argument.value));
    return { completion: { values, total: values.length, hasMore: false } };
  });
}

async function reportProgress({ mcpReq }: ServerContext, progress: number): Promise<void> {
  const progressToken = mcpReq._meta?.progressToken;
  if (progressToken === undefined) return;
  const params = { progressToken, progress, total: 100, message: `Completed ${progress} of 100` };
  await mcpReq.notify({ method: "notifications/progress", params });
}
