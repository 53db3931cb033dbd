import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** A server of a test, on a free port of this machine. */
export interface TestServer extends AsyncDisposable {
  /** Without a path: `http://127.0.0.1:PORT`. */
  readonly origin: string;
  /** Connections that are open. */
  readonly sockets: ReadonlySet<Socket>;
  /** Connections that were ever made. */
  readonly connections: number;
  /** Resolves when no connection is open. */
  idle(): Promise<void>;
}

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServerOptions {
  /** Only to come back at the same place. */
  readonly port?: number;
  /** Whether a connection ends after one request. */
  readonly closes?: boolean;
}

/** Serves until it is disposed, which breaks off what is still open. */
export async function httpServer(handler: Handler, { port = 0, closes = false }: ServerOptions = {}) {
  const server = createServer(handler);
  // Longer than any test: who lets go of a connection has done so on purpose.
  server.keepAliveTimeout = 60_000;
  if (closes) server.maxRequestsPerSocket = 1;
  return listening(server, port);
}

/** The same for any server of `node:net` or above it. */
export async function listening(
  server: ReturnType<typeof createServer> | import("node:net").Server,
  port = 0,
) {
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  let connections = 0;
  server.on("connection", (socket: Socket) => {
    connections++;
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      if (sockets.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting.clear();
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${bound}`,
    sockets,
    get connections() {
      return connections;
    },
    idle: () =>
      sockets.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => waiting.add(resolve)),
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** All of a request's body. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
