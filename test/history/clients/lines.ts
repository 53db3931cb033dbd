import { once } from "node:events";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { type StdioFront, serveStdio } from "@omg/transport-stdio";
import type { Message } from "../history.ts";
import type { Request } from "../request.ts";
import { type Client, type ClientOptions, initializeParams } from "./client.ts";

/** A session over lines, as over stdin and stdout. */
export class LinesClient implements Client {
  readonly name: string;
  readonly open = new Set<Request>();
  readonly #options: ClientOptions;
  readonly #input = new PassThrough();
  readonly #output = new PassThrough();
  /** What may still be answered, by id. */
  readonly #waiting = new Map<unknown, Request>();
  readonly #ids = new Map<Request, number>();
  /** The cancelled request that can not be answered any more once a ping is, by the ping's id. */
  readonly #fences = new Map<unknown, Request>();
  readonly #front: Promise<StdioFront>;
  readonly #lines = createInterface({ input: this.#output });
  #onInitialized: (() => void) | undefined;
  #lastId = 0;

  private constructor(options: ClientOptions) {
    const { gateway, server } = options;
    this.#options = options;
    this.name = options.name;
    this.#lines.on("line", (line) => this.#receive(JSON.parse(line) as Message));
    this.#front = serveStdio({ gateway, input: this.#input, output: this.#output, server });
  }

  /** Begins a session with `initialize`. Resolves with nothing if that is refused. */
  static async connect(options: ClientOptions, initialize: Request): Promise<Client | undefined> {
    const client = new LinesClient(options);
    const initialized = Promise.withResolvers<void>();
    client.#onInitialized = initialized.resolve;
    client.#ask(initialize, initializeParams);
    await initialized.promise;
    if (initialize.succeeded) return client;
    await client.leave(false);
    return undefined;
  }

  send(request: Request): void {
    this.#ask(request, request.params(this.#options.server === undefined));
  }

  cancel(request: Request): void {
    this.open.delete(request);
    this.#options.history.withdraw(request, "cancelled");
    this.#write({ method: "notifications/cancelled", params: { requestId: this.#ids.get(request) } });
    const fence = `fence-${this.#ids.get(request)}`;
    this.#fences.set(fence, request);
    this.#write({ id: fence, method: "ping" });
  }

  async leave(cut: boolean): Promise<void> {
    const front = await this.#front;
    if (cut) {
      for (const request of this.#ids.keys()) this.#options.history.withdraw(request, "left");
      this.#input.destroy();
      this.#output.destroy();
      await front.ended;
    } else {
      this.#input.end();
      await front.ended;
      this.#output.end();
      await once(this.#lines, "close");
    }
    for (const request of this.#ids.keys()) this.#end(request, "the session ended");
  }

  #ask(request: Request, params: object): void {
    const id = ++this.#lastId;
    this.#ids.set(request, id);
    this.#waiting.set(id, request);
    this.open.add(request);
    this.#options.history.begin(request);
    this.#write({ id, method: request.options.method, params });
  }

  #write(message: object): void {
    this.#input.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }

  #receive(message: Message): void {
    const { history } = this.#options;
    const fenced = this.#fences.get(message.id);
    if (fenced) {
      this.#fences.delete(message.id);
      this.#end(fenced, "cancelled");
    } else if (message.method === undefined) {
      const request = this.#waiting.get(message.id);
      history.came(message, request);
      if (request && !request.withdrawn) this.#end(request, "answered");
    } else if (!message.method.endsWith("/list_changed")) {
      const token = message.params?.progressToken;
      const request = [...this.#ids.keys()].find(({ value }) => value === token);
      history.came(message, request);
    }
  }

  #end(request: Request, how: string): void {
    this.#waiting.delete(this.#ids.get(request));
    this.#ids.delete(request);
    this.open.delete(request);
    this.#options.history.end(request, how);
    if (request.options.method === "initialize") this.#onInitialized?.();
  }
}
