import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { once } from "node:events";
import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import { type HttpFront, type ServeOptions, serveHttp } from "../../src/index.ts";
import { StubGateway, serverStatus } from "./stub-gateway.ts";

export interface Served {
  readonly gateway: StubGateway;
  readonly front: HttpFront;
  readonly port: number;
  readonly url: string;
}

/** A front on a free port of 127.0.0.1, gone when the test is. */
export async function served(
  options: Partial<ServeOptions> = {},
  gateway = new StubGateway(serverStatus("pg")),
) {
  const front = await serveHttp({ gateway, listen: [{ host: "127.0.0.1", port: 0 }], ...options });
  onTestFinished(() => front[Symbol.asyncDispose]());
  const port = front.addresses[0]?.port ?? 0;
  return { gateway, front, port, url: `http://127.0.0.1:${port}` } satisfies Served;
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects
  readonly json: any;
}

export interface Call {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** One request on a connection of its own, answered as a whole. */
export async function call(url: string, options: Call = {}): Promise<Reply> {
  return readReply(await open(url, options));
}

/** One request, up to the head of its answer. */
export async function open(url: string, { method, headers, body }: Call = {}): Promise<IncomingMessage> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const outgoing = httpRequest(url, {
    method: method ?? (text === undefined ? "GET" : "POST"),
    headers: { ...(text === undefined ? {} : { "content-type": "application/json" }), ...headers },
    agent: false,
  });
  outgoing.end(text);
  const [incoming] = (await once(outgoing, "response")) as [IncomingMessage];
  onTestFinished(() => {
    incoming.on("error", () => {});
    outgoing.destroy();
  });
  return incoming;
}

export async function readReply(incoming: IncomingMessage): Promise<Reply> {
  incoming.setEncoding("utf8");
  let text = "";
  for await (const chunk of incoming) text += chunk;
  const isJson = incoming.headers["content-type"]?.startsWith("application/json") && text !== "";
  return {
    status: incoming.statusCode ?? 0,
    headers: incoming.headers,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}

/** Reads a stream until its text holds `wanted` and a whole event, and gives the text since the last call. */
export function readUntil(incoming: IncomingMessage, wanted: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const onData = (chunk: Buffer) => {
      text += chunk.toString("latin1");
      // A search from the start each time would be quadratic.
      if (!text.endsWith("\n\n") || !text.includes(wanted, Math.max(0, text.length - 200_000))) return;
      incoming.off("data", onData).pause();
      resolve(text);
    };
    incoming
      .on("data", onData)
      .once("error", reject)
      .once("end", () => reject(new Error("The stream has ended")));
    incoming.resume();
  });
}

/** The server's own side of the next request with this method and target. */
export function serverSide(method: string, target = "/mcp"): Promise<ServerResponse> {
  const channel = "http.server.request.start";
  return new Promise((resolve) => {
    const onStart = (message: unknown) => {
      const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
      if (request.method !== method || request.url !== target) return;
      unsubscribe(channel, onStart);
      resolve(response);
    };
    subscribe(channel, onStart);
    onTestFinished(() => void unsubscribe(channel, onStart));
  });
}

/** Destroys the client's side of a connection, and waits until the server has seen it. */
export async function cut(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const closed = once(response, "close");
  incoming.on("error", () => {}).destroy();
  await closed;
}

export function connectRaw(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** Resolves when the other side has ended a connection, whichever way. */
export function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket
      .on("error", () => {})
      .once("close", () => resolve())
      .resume();
  });
}

/** Sends bytes as they are, and gives the status and text of the answer once the server closes or falls silent. */
export async function raw(port: number, text: string): Promise<{ status: number; text: string }> {
  const socket = connectRaw(port);
  socket.write(text);
  let answer = "";
  for await (const chunk of socket) {
    answer += chunk;
    if (/\r\n\r\n/.test(answer)) break;
  }
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), text: answer };
}

export const accept = "application/json, text/event-stream";

export function initializeRequest(version = "2025-06-18", id: string | number = 0) {
  return {
    jsonrpc: "2.0",
    id,
    method: "initialize",
    params: { protocolVersion: version, capabilities: {}, clientInfo: { name: "test", version: "1" } },
  };
}

/** Initializes, and gives the headers of the session. */
export async function openSession(url: string, version?: string, headers: Record<string, string> = {}) {
  const reply = await call(url, { headers: { accept, ...headers }, body: initializeRequest(version) });
  return { accept, ...headers, "mcp-session-id": String(reply.headers["mcp-session-id"]) };
}

export function toolCall(id: string | number, name: string, args: Record<string, unknown> = {}) {
  return { jsonrpc: "2.0", id, method: "tools/call", params: { name, arguments: args } };
}

/** The messages of an event stream. */
export function eventsOf(text: string): unknown[] {
  return [...text.matchAll(/^event: message\ndata: (.*)\n\n/gm)].map(([, data]) => JSON.parse(data ?? ""));
}

export interface SentEvent {
  readonly id?: string;
  readonly event?: string;
  readonly retry?: string;
  readonly data?: string;
}

/** The events of a stream with all their fields, comments left out. */
export function allEventsOf(text: string): SentEvent[] {
  const blocks = text.split("\n\n").filter((block) => block !== "" && !block.startsWith(":"));
  return blocks.map((block) =>
    Object.fromEntries(block.split("\n").map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) ?? [])),
  );
}
