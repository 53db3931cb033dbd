import type { IncomingMessage, ServerResponse } from "node:http";
import type { Message } from "../../support/message.ts";
import type { Honest } from "./honest.ts";
import type { Wire } from "./wire.ts";

/** What makes a server evil: each member may do something else than the honest server would. */
export interface Behaviour {
  /** In one sentence, for the table. */
  readonly what: string;
  /** Before anything is read. */
  begin?(): void;
  /** Takes a message of the gateway in the honest server's place; `server.receive` does what is right. */
  receive?(message: Message, wire: Wire, server: Honest): void;
  /** The server may say something without being asked: the handshake is over, and over HTTP the GET stream is open. */
  opened?(wire: Wire, server: Honest): void;
  /** HTTP only: takes a whole request, before its body is read. False: it goes the usual way. */
  http?(request: IncomingMessage, response: ServerResponse): boolean;
  /** Goes on living when stdin ends. */
  readonly ignoresEnd?: boolean;
}

export function isCall({ method }: Message): boolean {
  return method === "tools/call";
}

/** The call that asks an evil server to be evil: around it, it does as it should. */
export function isMischief({ method, params }: Message): boolean {
  return method === "tools/call" && params?.name === "misbehave";
}
