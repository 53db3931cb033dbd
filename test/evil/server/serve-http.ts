import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Message } from "../../support/message.ts";
import type { Behaviour } from "./behaviour.ts";
import { Honest } from "./honest.ts";
import { strayWord } from "./strays.ts";
import type { Wire } from "./wire.ts";

/** Of the endpoint, without a query. */
const endpoint = /^\/mcp(?:\?|$)/;

/** Streamable HTTP without sessions. Says its port on stdout, and ends with stdin. */
export function serveHttp(behaviour: Behaviour): void {
  const server = new Honest();
  const listener = createServer({ maxHeaderSize: 1 << 20 }, (request, response) => {
    const { method = "", url = "" } = request;
    if (behaviour.http?.(request, response)) return;
    if (!endpoint.test(url)) {
      server.received.push(strayWord + url);
      response.writeHead(404).end();
    } else if (method === "POST") void receive(request, response);
    else if (method === "GET" && behaviour.opened) {
      behaviour.opened(new StandingWire(request, response), server);
    } else response.writeHead(405).end();
  });
  listener.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${(listener.address() as AddressInfo).port}\n`);
  });
  process.stdin.resume().on("end", () => process.exit(0));

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const message = JSON.parse(await text(request)) as Message;
    const wire = new AnswerWire(message, request, response);
    if (behaviour.receive) behaviour.receive(message, wire, server);
    else server.receive(message, wire);
    const isRequest = message.id !== undefined && message.method !== undefined;
    if (!isRequest && !response.headersSent) response.writeHead(202).end();
  }
}

/** The answer to one request: JSON if it is the first that is sent, else an event stream. */
class AnswerWire implements Wire {
  readonly http: { readonly request: IncomingMessage; readonly response: ServerResponse };
  readonly #message: Message;
  readonly #response: ServerResponse;

  constructor(message: Message, request: IncomingMessage, response: ServerResponse) {
    this.http = { request, response };
    this.#message = message;
    this.#response = response;
  }

  send(message: object): void {
    const { id, method } = message as Message;
    const isAnswer = method === undefined && id === this.#message.id;
    const json = JSON.stringify(message);
    if (!this.#response.headersSent && isAnswer) {
      this.#response.writeHead(200, { "content-type": "application/json" }).end(json);
      return;
    }
    if (!this.#response.headersSent) this.#response.writeHead(200, eventStream);
    this.#response.write(`data: ${json}\n\n`);
    if (isAnswer) this.#response.end();
  }

  raw(bytes: string | Buffer): void {
    if (!this.#response.headersSent) this.#response.writeHead(200, { "content-type": "application/json" });
    this.#response.write(bytes);
  }

  cut(): void {
    this.#response.socket?.destroy();
  }
}

/** The stream on which a server says what nobody asked for. */
class StandingWire implements Wire {
  readonly http: { readonly request: IncomingMessage; readonly response: ServerResponse };

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.http = { request, response };
    response.writeHead(200, eventStream).flushHeaders();
  }

  send(message: object): void {
    this.raw(`data: ${JSON.stringify(message)}\n\n`);
  }

  raw(bytes: string | Buffer): void {
    this.http.response.write(bytes);
  }

  cut(): void {
    this.http.response.socket?.destroy();
  }
}

const eventStream = { "content-type": "text/event-stream" };
