import type { Message } from "../history.ts";
import type { Request } from "../request.ts";
import { type Client, type ClientOptions, initializeParams, pathOf } from "./client.ts";
import { newAgent, post } from "./post.ts";

export interface LegacyHttpOptions extends ClientOptions {
  /** Takes no event streams. */
  readonly jsonOnly: boolean;
}

/** A session over streamable HTTP. */
export class LegacyHttpClient implements Client {
  readonly name: string;
  readonly open = new Set<Request>();
  readonly #options: LegacyHttpOptions;
  readonly #ids = new Map<Request, number>();
  readonly #headers: Record<string, string>;
  #agent = newAgent();
  #lastId = 0;
  #isLeaving = false;

  private constructor(options: LegacyHttpOptions) {
    this.#options = options;
    this.name = options.name;
    const accept = options.jsonOnly ? "application/json" : "application/json, text/event-stream";
    this.#headers = { accept };
  }

  /** Begins a session with `initialize`. Resolves with nothing if that is refused. */
  static async connect(options: LegacyHttpOptions, initialize: Request): Promise<Client | undefined> {
    const client = new LegacyHttpClient(options);
    await client.#post(initialize, initializeParams);
    if (initialize.succeeded) return client;
    client.#agent.destroy();
    return undefined;
  }

  send(request: Request): void {
    void this.#post(request, request.params(this.#options.server === undefined));
  }

  cancel(request: Request): void {
    const { history } = this.#options;
    this.open.delete(request);
    history.withdraw(request, "cancelled");
    const params = { requestId: this.#ids.get(request) };
    const body = { jsonrpc: "2.0", method: "notifications/cancelled", params };
    post({ ...this.#way(), body, onEnd: (how, status) => this.#expectStatus(202, status, how) });
  }

  async leave(cut: boolean): Promise<void> {
    const { history } = this.#options;
    this.#isLeaving = true;
    for (const request of this.#ids.keys()) history.withdraw(request, "left");
    if (cut) {
      this.#agent.destroy();
      this.#agent = newAgent();
    }
    const over = Promise.withResolvers<void>();
    post({
      ...this.#way(),
      method: "DELETE",
      onEnd: (how, status) => {
        this.#expectStatus(200, status, how);
        over.resolve();
      },
    });
    await over.promise;
    this.#agent.destroy();
  }

  #post(request: Request, params: object): Promise<void> {
    const { history } = this.#options;
    const id = ++this.#lastId;
    this.#ids.set(request, id);
    this.open.add(request);
    history.begin(request);
    const ended = Promise.withResolvers<void>();
    post({
      ...this.#way(),
      body: { jsonrpc: "2.0", id, method: request.options.method, params },
      onMessage: (message: Message, { headers }) => {
        const session = headers["mcp-session-id"];
        if (typeof session === "string") this.#headers["mcp-session-id"] = session;
        // A session that has ended knows no ids.
        const isRefused = request.withdrawn === "left" && message.id === null;
        const isIts = message.method !== undefined || message.id === id || isRefused;
        history.came(message, isIts ? request : undefined);
      },
      onEnd: (how) => {
        this.#ids.delete(request);
        this.open.delete(request);
        history.end(request, how);
        ended.resolve();
      },
    });
    return ended.promise;
  }

  #way() {
    const { port } = this.#options;
    return { port, path: pathOf(this.#options), agent: this.#agent, headers: this.#headers };
  }

  #expectStatus(expected: number, status: number | undefined, how: string): void {
    // Whoever is cut off hears nothing of it, and whoever leaves may hear that there is no session.
    if (status === undefined || status === expected || (this.#isLeaving && status === 404)) return;
    this.#options.history.fault(undefined, `client ${this.name} got the status ${status}: ${how}`);
  }
}
