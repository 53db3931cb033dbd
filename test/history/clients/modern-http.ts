import type { ClientRequest } from "node:http";
import type { Request } from "../request.ts";
import { type Client, type ClientOptions, pathOf } from "./client.ts";
import { newAgent, post } from "./post.ts";

const version = "2026-07-28";
const envelope = {
  "io.modelcontextprotocol/protocolVersion": version,
  "io.modelcontextprotocol/clientInfo": { name: "history", version: "1.0.0" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

/** A client without a session: to leave a request is to cancel it. */
export class ModernHttpClient implements Client {
  readonly name: string;
  readonly open = new Set<Request>();
  readonly #options: ClientOptions;
  readonly #agent = newAgent();
  readonly #posts = new Map<Request, ClientRequest>();
  #lastId = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.name = options.name;
  }

  send(request: Request): void {
    const { history, server, port } = this.#options;
    const { method } = request.options;
    const id = ++this.#lastId;
    const params = request.params(server === undefined) as { name?: string; _meta?: object };
    this.open.add(request);
    history.begin(request);
    const outgoing = post({
      port,
      path: pathOf(this.#options),
      agent: this.#agent,
      headers: {
        accept: "application/json, text/event-stream",
        "mcp-protocol-version": version,
        "mcp-method": method,
        ...(params.name === undefined ? {} : { "mcp-name": params.name }),
      },
      body: { jsonrpc: "2.0", id, method, params: { ...params, _meta: { ...envelope, ...params._meta } } },
      onMessage: (message) => {
        const isIts = message.method !== undefined || message.id === id;
        history.came(message, isIts ? request : undefined);
      },
      onEnd: (how) => {
        this.#posts.delete(request);
        this.open.delete(request);
        history.end(request, how);
      },
    });
    this.#posts.set(request, outgoing);
  }

  cancel(request: Request): void {
    this.#options.history.withdraw(request, "cancelled");
    this.#posts.get(request)?.destroy();
  }

  async leave(): Promise<void> {
    for (const request of this.#posts.keys()) this.#options.history.withdraw(request, "left");
    this.#agent.destroy();
  }
}
