import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createGateway, OmgError, requestFrame } from "@omg/core";
import remoteRuntime, { type RemoteOptions } from "../../src/index.ts";

/** A server on a free port of 127.0.0.1 that knows its connections. */
export interface Listener extends AsyncDisposable {
  readonly port: number;
  /** Connections that were ever made. */
  readonly connections: number;
  /** Those that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
}

export async function listen(server: Server): Promise<Listener> {
  const sockets = new Set<Socket>();
  const idlers = new Set<() => void>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const idle of idlers) idle();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    sockets,
    get connections() {
      return connections;
    },
    idle: () => (sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => idlers.add(resolve))),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** How many connections came before this question: it makes one of its own, which comes after them. */
export async function connectionsSoFar(listener: Listener): Promise<number> {
  const before = listener.connections;
  await new Promise<void>((resolve, reject) => {
    const socket = connect(listener.port, "127.0.0.1", () => socket.end());
    socket.on("error", reject).resume().on("close", resolve);
  });
  if (listener.connections <= before) throw new Error("the listener does not count");
  return listener.connections - 1;
}

/** Answers whatever it is asked, as an MCP server over HTTP does. */
export async function answerMcp(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST") {
    response.writeHead(request.method === "DELETE" ? 204 : 405).end();
    return;
  }
  let text = "";
  for await (const chunk of request) text += chunk;
  const { id, method } = JSON.parse(text);
  if (id === undefined) {
    response.writeHead(202).end();
    return;
  }
  const greeting = {
    protocolVersion: "2025-06-18",
    capabilities: { tools: {} },
    serverInfo: { name: "stub", version: "1" },
  };
  const result = method === "initialize" ? greeting : { content: [{ type: "text", text: "reached" }] };
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
}

/** A server that takes connections and never says a word. */
export function muteServer(): Promise<Listener> {
  // Who does not read does not hear that the other side is gone.
  return listen(createServer((socket) => void socket.resume()));
}

/** An MCP server over plain HTTP. */
export function mcpServer(): Promise<Listener> {
  return listen(createHttpServer(answerMcp));
}

export interface CallOptions {
  readonly options: { readonly url: string } & Partial<RemoteOptions>;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly resolve?: ((name: string) => Promise<readonly string[]>) | undefined;
  readonly baseDirectory?: string | undefined;
  /** Called with the gateway still up, after the first call. */
  readonly again?: ((call: () => Promise<string>) => Promise<string>) | undefined;
}

/** Calls a tool through a gateway with this one server: the words of the answer. Rejects with the gateway's `OmgError`. */
export async function callThrough({ options, env, resolve, baseDirectory, again }: CallOptions) {
  await using gateway = await createGateway({
    config: {
      servers: [{ id: "tested", runtime: { type: "remote", ...options } }],
      ...(baseDirectory === undefined ? {} : { base_directory: baseDirectory }),
    },
    runtimes: remoteRuntime(resolve ? { resolve } : {}),
    hostEnv: env ?? {},
  });
  const call = async () => {
    const answer = await gateway.request(
      "tested",
      requestFrame(1, "tools/call", { name: "x", arguments: {} }),
    );
    const value = answer.value() as { result?: { content: { text: string }[] } };
    return value.result?.content[0]?.text ?? JSON.stringify(value);
  };
  const first = await call();
  return again ? await again(call) : first;
}

/** What the gateway refuses a call with. */
export async function refusalOf(options: CallOptions): Promise<OmgError> {
  const outcome = await callThrough(options).catch((error: unknown) => error);
  if (!OmgError.is(outcome)) throw new Error(`not refused: ${outcome}`, { cause: outcome });
  return outcome;
}
