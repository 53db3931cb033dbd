import type { IncomingMessage, ServerResponse } from "node:http";

/** The way back to the gateway for what belongs to one message: stdout, or the answer to one POST. */
export interface Wire {
  /** One message, well formed. Over HTTP all that comes before the answer makes it an event stream. */
  send(message: object): void;
  /** These bytes where a message would stand; a line break on stdio and an event's frame over HTTP are up to them. */
  raw(bytes: string | Buffer): void;
  /** Breaks off without another word: the process on stdio, the connection over HTTP. */
  cut(): void;
  /** HTTP only: the exchange that the message came in. */
  readonly http?: { readonly request: IncomingMessage; readonly response: ServerResponse };
}
