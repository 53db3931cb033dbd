import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach } from "vitest";
import { type BridgeOptions, bridgeStdio } from "../../src/index.ts";

export type Message = Record<string, unknown> & { id?: unknown; method?: string };
export type Answer = (message: Message, outgoing: ServerResponse, incoming: IncomingMessage) => void;
type Stream = (outgoing: ServerResponse, session: string, incoming: IncomingMessage) => void;

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** An HTTP server that answers requests as the test says and notes what came in. By default it has no event stream. */
export async function gatewayThat(
  answer: Answer,
  stream: Stream = (outgoing) => outgoing.writeHead(405).end(),
  notify: Answer = (_, outgoing) => outgoing.writeHead(202).end(),
) {
  const seen: string[] = [];
  const watchers = new Set<() => void>();
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks).toString();
    const message = (body === "" ? {} : JSON.parse(body)) as Message;
    const session = String(incoming.headers["mcp-session-id"] ?? "-");
    seen.push(`${incoming.method} ${message.method ?? ""} ${session}`.replace(/\s+/g, " "));
    for (const look of watchers) look();
    if (incoming.method === "GET") stream(outgoing, session, incoming);
    else if (incoming.method === "DELETE") outgoing.writeHead(200).end();
    else if (message.id === undefined) notify(message, outgoing, incoming);
    else answer(message, outgoing, incoming);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    seen,
    /** Resolves once a request line has been seen so many times. */
    saw: (line: string, times = 1) => {
      return new Promise<void>((resolve) => {
        const look = () => {
          if (seen.filter((other) => other === line).length < times) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      });
    },
  };
}

/** A client at the other end of the bridge. */
export function bridged(url: string, options: Partial<BridgeOptions> = {}) {
  const input = new PassThrough();
  const output = new PassThrough();
  const done = bridgeStdio({ url, input, output, ...options });
  const lines: Message[] = [];
  const watchers = new Set<() => void>();
  let pending = "";
  output.setEncoding("utf8").on("data", (chunk: string) => {
    const parts = (pending + chunk).split("\n");
    pending = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line) as Message));
    for (const look of watchers) look();
  });
  return {
    done,
    lines,
    send: (...messages: object[]) =>
      input.write(messages.map((message) => `${JSON.stringify(message)}\n`).join("")),
    /** Resolves with the lines once there are so many. */
    received: (count: number) => {
      return new Promise<Message[]>((resolve) => {
        const look = () => {
          if (lines.length < count) return;
          watchers.delete(look);
          resolve(lines);
        };
        watchers.add(look);
        look();
      });
    },
    async finish(): Promise<Message[]> {
      input.end();
      await done;
      return lines;
    },
  };
}

export const initialize = {
  jsonrpc: "2.0",
  id: 0,
  method: "initialize",
  params: { protocolVersion: "2025-06-18" },
};
export const initialized = { jsonrpc: "2.0", method: "notifications/initialized" };
export const list = (id: unknown) => ({ jsonrpc: "2.0", id, method: "tools/list" });

export function json(outgoing: ServerResponse, body: object, headers: Record<string, string> = {}): void {
  outgoing.writeHead(200, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

/** Begins an event stream, and writes to it. */
export function flow(outgoing: ServerResponse, text: string): ServerResponse {
  outgoing.writeHead(200, { "content-type": "text/event-stream" }).write(text);
  return outgoing;
}

/** An event with a message, or with none. */
export function event(id: string, message?: object): string {
  return `id: ${id}\ndata: ${message === undefined ? "" : JSON.stringify(message)}\n\n`;
}

/** Answers a request with an empty result. */
export function ok(message: Message, outgoing: ServerResponse): void {
  json(outgoing, { jsonrpc: "2.0", id: message.id, result: {} });
}

/** A JSON-RPC error with an HTTP status, as a gateway sends it that does not know whom it answers. */
export function refuse(outgoing: ServerResponse, status: number, error: object, id: unknown = null): void {
  outgoing.writeHead(status, { "content-type": "application/json" });
  outgoing.end(JSON.stringify({ jsonrpc: "2.0", id, error }));
}

/** Answers `initialize`, and nothing else. */
export function open(message: Message, outgoing: ServerResponse, session = "s1"): boolean {
  if (message.method !== "initialize") return false;
  const result = { protocolVersion: "2025-06-18", capabilities: {}, serverInfo: {} };
  json(outgoing, { jsonrpc: "2.0", id: message.id, result }, { "mcp-session-id": session });
  return true;
}
