import { mkdtempSync, rmSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  request as requestOf,
  type Server,
  type ServerResponse,
} from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { verbOf } from "./engine-verbs.ts";
import type { Fault, FaultChoice } from "./fault.ts";

export interface FaultProxyOptions {
  /** The socket of the engine. */
  readonly engine: string;
  /** Undefined: nothing goes wrong. */
  readonly choose: (verb: string) => FaultChoice | undefined;
}

/** Stands in front of an engine's socket, writes down what it is asked for, and does harm. */
export class FaultProxy implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "omg-fault-proxy-"));
  readonly socketPath: string = join(this.#folder, "engine.sock");
  /** How often each verb was asked for. */
  readonly asked = new Map<string, number>();
  /** How often each fault happened, by `verb: fault`. */
  readonly harmed = new Map<string, number>();
  readonly #engine: string;
  readonly #server: Server;
  readonly #sockets = new Set<Duplex>();
  readonly #late = new Set<Promise<void>>();
  #choose: FaultProxyOptions["choose"];

  static async start(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    await new Promise<void>((resolve) => proxy.#server.listen(proxy.socketPath, resolve));
    return proxy;
  }

  private constructor({ engine, choose }: FaultProxyOptions) {
    this.#engine = engine;
    this.#choose = choose;
    this.#server = createServer((request, response) => this.#take(request, response));
    // An engine does not close connections that rest.
    this.#server.keepAliveTimeout = 0;
    this.#server.on("upgrade", (request: IncomingMessage, socket: Duplex) => this.#take(request, socket));
    this.#server.on("connection", (socket) => this.#keep(socket));
  }

  /** From now on all goes well; what was harmed stays so. */
  heal(): void {
    this.#choose = () => undefined;
  }

  /** Resolves once the engine has heard of all that it was to hear of late. */
  async delivered(): Promise<void> {
    await Promise.all(this.#late);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.delivered();
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#folder, { recursive: true });
  }

  #take(request: IncomingMessage, client: ServerResponse | Duplex): void {
    const verb = verbOf(request.method, request.url);
    count(this.asked, verb);
    const { fault, ms } = this.#choose(verb) ?? { fault: undefined, ms: 0 };
    if (fault) count(this.harmed, `${verb}: ${fault}`);
    const { socket } = request;
    request.on("error", () => {});
    const forward = () => this.#forward(request, client, fault, ms);
    if (fault === "deaf") return;
    if (fault === "refused") socket.destroy();
    else if (fault === "answers 500") answer(socket, 500, `{"message":"the engine is not well"}`);
    else if (fault === "answers 502") answer(socket, 502, "<html>Bad Gateway</html>");
    else if (fault === "slow") this.#later(ms, forward);
    else if (fault === "lost and late") {
      const body = bodyOf(request);
      // The request is whole before its connection breaks.
      void body.then(() => socket.destroy());
      this.#later(ms, () => this.#ask(request, body, () => {}));
    } else forward();
  }

  #forward(
    request: IncomingMessage,
    client: ServerResponse | Duplex,
    fault: Fault | undefined,
    ms: number,
  ): void {
    const { socket } = request;
    const upstream = this.#ask(request, bodyOf(request), (answered, connection) => {
      if (fault === "silent") return void answered.resume();
      if (fault === "half" && !connection) return this.#half(socket, answered);
      if (fault === "mute") return begin(client, answered);
      if (fault === "cut") this.#later(ms, () => socket.destroy());
      const deliver = () => pass(client, answered, connection);
      if (fault === "slow") return this.#later(ms, deliver);
      if (fault === undefined || fault === "cut") return deliver();
      // The engine has done it once its answer is whole; a stream never is.
      whole(answered, connection, () => {
        if (fault === "garbage") socket.end("\0\x01 no HTTP \r\n\r\n");
        else if (fault === "nonsense") answer(socket, 200, `["no", "answer"]`);
        else socket.destroy();
      });
    });
    upstream.on("error", () => socket.destroy());
    if (fault === undefined || fault === "cut" || fault === "mute")
      client.once("close", () => upstream.destroy());
  }

  #ask(
    request: IncomingMessage,
    body: Promise<Buffer>,
    onAnswer: (answer: IncomingMessage, connection?: Socket) => void,
  ) {
    const { method, url, headers } = request;
    const upstream = requestOf({ socketPath: this.#engine, method, path: url, headers, agent: false });
    upstream.on("error", () => {});
    upstream.on("socket", (socket) => this.#keep(socket));
    upstream.on("response", (response) => {
      response.on("error", () => {});
      onAnswer(response);
    });
    upstream.on("upgrade", (response, socket: Socket, head) => {
      socket.on("error", () => {});
      if (head.length > 0) socket.unshift(head);
      onAnswer(response, socket);
    });
    void body.then((bytes) => upstream.end(bytes));
    return upstream;
  }

  #half(socket: Socket, answered: IncomingMessage): void {
    whole(answered, undefined, (bytes) => {
      const text = bytes.length > 0 ? bytes : Buffer.from(`{"Id":"0123456789"}`);
      socket.write(
        `HTTP/1.1 ${answered.statusCode} OK\r\ncontent-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n`,
      );
      socket.write(text.subarray(0, Math.ceil(text.length / 2)), () => socket.destroy());
    });
  }

  #later(ms: number, action: () => void): void {
    const late = pause(ms).then(action);
    this.#late.add(late);
    void late.then(() => this.#late.delete(late));
  }

  #keep(socket: Duplex): void {
    this.#sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => this.#sockets.delete(socket));
  }
}

function bodyOf(request: IncomingMessage): Promise<Buffer> {
  // A request for two streams has none, and does not end.
  if (request.headers.upgrade) return Promise.resolve(Buffer.alloc(0));
  const pieces: Buffer[] = [];
  request.on("data", (piece: Buffer) => pieces.push(piece));
  return new Promise((resolve) => request.once("end", () => resolve(Buffer.concat(pieces))));
}

/** Hands on an answer as it comes, or two connected streams. */
function pass(client: ServerResponse | Duplex, answered: IncomingMessage, connection?: Socket): void {
  begin(client, answered);
  if (!connection) {
    answered.pipe(client);
    answered.once("error", () => client.destroy());
    return;
  }
  (client as Duplex).pipe(connection).pipe(client);
  connection.once("close", () => client.destroy());
  client.once("close", () => connection.destroy());
}

function begin(client: ServerResponse | Duplex, answered: IncomingMessage): void {
  const { statusCode = 0, statusMessage, headers, rawHeaders } = answered;
  if ("writeHead" in client) {
    client.writeHead(statusCode, headers);
    client.flushHeaders();
    return;
  }
  const lines = rawHeaders.map((text, index) => (index % 2 === 0 ? `${text}: ` : `${text}\r\n`));
  client.write(`HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join("")}\r\n`);
}

/** Calls when an answer has come as a whole, or as much of it as an endless one has. */
function whole(
  answered: IncomingMessage,
  connection: Socket | undefined,
  then: (bytes: Buffer) => void,
): void {
  if (connection) {
    connection.destroy();
    then(Buffer.alloc(0));
    return;
  }
  const pieces: Buffer[] = [];
  answered.on("data", (piece: Buffer) => pieces.push(piece));
  answered.once("end", () => then(Buffer.concat(pieces)));
}

function answer(socket: Duplex, status: number, body: string): void {
  socket.end(
    `HTTP/1.1 ${status} Said\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
