import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import type { JsonRpcMessage } from "@omg/core/runtime";
import { bodyOf, httpServer, type ServerOptions, type TestServer } from "./http-server.ts";

/** One HTTP request that came to a fake server. */
export interface Exchange {
  readonly httpMethod: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What was sent: its method, its id, and the text that an `echo` was asked for. */
  readonly method: string | undefined;
  readonly id: unknown;
  readonly text: string | undefined;
  readonly message: JsonRpcMessage | undefined;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Answers in JSON. */
  json(result: object, headers?: Record<string, string>): void;
  /** Begins an event stream. */
  stream(headers?: Record<string, string>): void;
  /** Writes an event into it. */
  event(message: object | undefined, id?: string): void;
  /** Does what a plain server would do. */
  plain(): void;
  status(status: number, headers?: Record<string, string>, body?: string): void;
}

/** What a fake server does with a request, by its JSON-RPC method, or by its HTTP method if it has none. */
export type Rules = Readonly<Record<string, (exchange: Exchange) => unknown>>;

/** An MCP server over streamable HTTP that answers plainly, but for what its rules say. */
export interface FakeServer extends TestServer {
  readonly url: string;
  readonly exchanges: readonly Exchange[];
  /** The first request, also one that was before, of which this is true; or the second, and so on. */
  when(condition: (exchange: Exchange) => boolean, count?: number): Promise<Exchange>;
  /** Comes and goes, twice: what was on its way to the server before is there. */
  roundTrip(): Promise<void>;
}

export async function fakeServer(rules: Rules = {}, options?: ServerOptions): Promise<FakeServer> {
  const exchanges: Exchange[] = [];
  const watchers = new Set<() => void>();
  let sessions = 0;
  const take = (exchange: Exchange) => {
    exchanges.push(exchange);
    const rule = rules[exchange.method ?? exchange.httpMethod];
    if (rule) rule(exchange);
    else exchange.plain();
    for (const watch of watchers) watch();
  };
  const server = await httpServer((request, response) => {
    const newSession = () => `session-${++sessions}`;
    bodyOf(request).then(
      (body) => take(exchangeOf({ request, response, body, newSession })),
      () => response.destroy(),
    );
  }, options);
  return Object.assign(Object.create(server) as TestServer, {
    url: `${server.origin}/mcp`,
    exchanges,
    async roundTrip() {
      for (let trip = 0; trip < 2; trip++) await fetch(server.origin, { method: "HEAD" });
    },
    when: (condition: (exchange: Exchange) => boolean, count = 1) =>
      new Promise<Exchange>((resolve) => {
        const watch = () => {
          const found = exchanges.filter(condition)[count - 1];
          if (!found) return;
          watchers.delete(watch);
          resolve(found);
        };
        watchers.add(watch);
        watch();
      }),
  });
}

interface Incoming {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: string;
  readonly newSession: () => string;
}

function exchangeOf({ request, response, body, newSession }: Incoming): Exchange {
  const message = body.startsWith("{") ? (JSON.parse(body) as JsonRpcMessage) : undefined;
  const sent = (message ?? {}) as {
    id?: unknown;
    method?: string;
    params?: { arguments?: { text?: string } };
  };
  const exchange: Exchange = {
    httpMethod: request.method ?? "",
    path: request.url ?? "",
    headers: request.headers,
    method: sent.method,
    id: sent.id,
    text: sent.params?.arguments?.text,
    message,
    request,
    response,
    json(result, headers = {}) {
      response.writeHead(200, { ...headers, "content-type": "application/json" });
      response.end(JSON.stringify({ jsonrpc: "2.0", id: sent.id, result }));
    },
    stream(headers = {}) {
      response.writeHead(200, { ...headers, "content-type": "text/event-stream" });
      response.flushHeaders();
    },
    event(event, id) {
      const lines = [
        id === undefined ? "" : `id: ${id}\n`,
        event ? `data: ${JSON.stringify(event)}\n` : "data:\n",
      ];
      response.write(`${lines.join("")}\n`);
    },
    status: (status, headers = {}, text = "") => response.writeHead(status, headers).end(text),
    plain: () => answerPlainly(exchange, newSession),
  };
  return exchange;
}

function answerPlainly(exchange: Exchange, newSession: () => string): void {
  const { httpMethod, method, id, text } = exchange;
  if (httpMethod === "DELETE") exchange.status(200);
  else if (httpMethod !== "POST") exchange.status(405);
  else if (method === "initialize") exchange.json(introduction, { "mcp-session-id": newSession() });
  else if (id === undefined || method === undefined) exchange.status(202);
  else if (method === "tools/list")
    exchange.json({ tools: [{ name: "echo", inputSchema: { type: "object" } }] });
  else if (method === "tools/call") exchange.json(textResult(text ?? ""));
  else exchange.json({});
}

export const introduction = {
  protocolVersion: "2025-06-18",
  capabilities: { tools: {} },
  serverInfo: { name: "fake", version: "1" },
};

export function textResult(text: string): object {
  return { content: [{ type: "text", text }] };
}

/** The answer to a request. */
export function answerTo({ id }: Exchange, text: string): object {
  return { jsonrpc: "2.0", id, result: textResult(text) };
}
