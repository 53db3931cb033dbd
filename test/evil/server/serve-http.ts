import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Behaviour } from "./behaviour.ts";
import { Honest } from "./honest.ts";
import type { Message } from "./message.ts";
import type { Wire } from "./wire.ts";

/** Streamable HTTP without sessions. Says its port on stdout, and ends with stdin. */
export function serveHttp(behaviour: Behaviour): void {
  const server = new Honest();
  const listener = createServer({ maxHeaderSize: 1 << 20 }, (request, response) => {
    if (behaviour.http?.(request, response)) return;
    if (request.method !== "POST") return void response.writeHead(405).end();
    void readBody(request).then((body) => {
      const message = JSON.parse(body) as Message;
      const wire = new HttpWire(message, request, response);
      if (behaviour.receive) behaviour.receive(message, wire, server);
      else server.receive(message, wire);
      if (message.id === undefined || message.method === undefined) response.writeHead(202).end();
    });
  });
  listener.listen(0, "127.0.0.1", () => {
    process.stdout.write(`${(listener.address() as AddressInfo).port}\n`);
  });
  process.stdin.resume().on("end", () => process.exit(0));
}

/** The answer to one request: JSON if it is the first that is sent, else an event stream. */
class HttpWire implements Wire {
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
    const text = JSON.stringify(message);
    if (!this.#response.headersSent && isAnswer) {
      this.#response.writeHead(200, { "content-type": "application/json" }).end(text);
      return;
    }
    if (!this.#response.headersSent) this.#response.writeHead(200, { "content-type": "text/event-stream" });
    this.#response.write(`data: ${text}\n\n`);
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

async function readBody(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) body += chunk;
  return body;
}
