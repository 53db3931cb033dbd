import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { type Behaviour, isMischief } from "./behaviour.ts";

export const chunked = "transfer-encoding: chunked";
export const json = "content-type: application/json";
export const events = "content-type: text/event-stream";

/** In the list of what was received it stands for the end of such a connection. */
export const hungUp = "the connection is closed";

/** Writes what it likes to the connection on which a call has come. */
type Mischief = (socket: Socket, request: IncomingMessage) => void;

/** Answers mischief below HTTP. The connection is never used for anything else afterwards. */
export function writes(what: string, mischief: Mischief): Behaviour {
  return {
    what,
    receive(message, wire, server) {
      const { request } = wire.http ?? {};
      if (!request || !isMischief(message)) return server.receive(message, wire);
      request.socket.once("close", () => server.received.push(hungUp));
      mischief(request.socket, request);
    },
  };
}

export function head(status: string, ...headers: readonly string[]): string {
  return `HTTP/1.1 ${status}\r\n${["connection: close", ...headers].join("\r\n")}\r\n\r\n`;
}

/** A whole answer. */
export function plainly(status: string, headers: readonly string[] = [], body = ""): string {
  return head(status, ...headers, `content-length: ${Buffer.byteLength(body)}`) + body;
}

export function chunk(bytes: Buffer | string): Buffer {
  const size = Buffer.byteLength(bytes).toString(16);
  return Buffer.concat([Buffer.from(`${size}\r\n`), Buffer.from(bytes as string), Buffer.from("\r\n")]);
}

/** Writes the same again and again, as fast as the other side reads, until it hangs up. */
export function pour(socket: Socket, bytes: Buffer): void {
  while (!socket.destroyed && socket.write(bytes));
  if (!socket.destroyed) socket.once("drain", () => pour(socket, bytes));
}

/** Writes the same every `ms`, until the other side hangs up. */
export function drip(socket: Socket, bytes: string, ms: number): void {
  const timer = setInterval(() => socket.write(bytes), ms);
  socket.once("close", () => clearInterval(timer));
}
