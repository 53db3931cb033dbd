import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import {
  type ClientCapabilities,
  CreateMessageRequestSchema,
  ElicitRequestSchema,
  ListRootsRequestSchema,
  ResultSchema,
} from "@modelcontextprotocol/sdk/types.js";
import { Notices } from "./notices.ts";

export type Json = Record<string, unknown>;

/** Answers what a server asks. `signal`: the server no longer wants to know. */
export type Answer = (params: Json, signal: AbortSignal) => Json | Promise<Json>;

export interface CallOptions {
  readonly signal?: AbortSignal;
  readonly meta?: Json;
  readonly onprogress?: (progress: Json) => void;
}

export interface ConnectOptions {
  readonly capabilities?: ClientCapabilities;
  /** Renders the server's own name of a tool as this client knows it. */
  readonly toolName: (own: string) => string;
}

/** What a client can do that can do everything. */
const everything: ClientCapabilities = {
  sampling: { tools: {}, context: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
  tasks: { list: {}, cancel: {} },
};

/** The text of a tool's result. Throws for one that failed. */
export function textOf(result: Json): string {
  const [block] = (result.content ?? []) as { text?: string }[];
  if (result.isError || block?.text === undefined) throw new Error(JSON.stringify(result));
  return block.text;
}

/** The 1.x SDK's client, with all that it hears. */
export class TestClient implements AsyncDisposable {
  readonly sdk: Client;
  /** Answers by method; what is not here is refused. */
  readonly answers = new Map<string, Answer>();
  readonly #toolName: (own: string) => string;
  readonly #notices = new Notices();

  private constructor(capabilities: ClientCapabilities, toolName: (own: string) => string) {
    this.#toolName = toolName;
    this.sdk = new Client({ name: "compatibility", version: "1.0.0" }, { capabilities });
    this.sdk.fallbackNotificationHandler = async ({ method, params = {} }) => {
      this.#notices.add(method, params);
    };
    const answer = async (
      { method, params = {} }: { method: string; params?: Json | undefined },
      signal: AbortSignal,
    ) => {
      const make = this.answers.get(method);
      if (!make) throw new Error(`${method} was not expected`);
      return make(params, signal) as never;
    };
    const { sampling, elicitation, roots } = capabilities;
    if (sampling)
      this.sdk.setRequestHandler(CreateMessageRequestSchema, (asked, { signal }) => answer(asked, signal));
    if (elicitation)
      this.sdk.setRequestHandler(ElicitRequestSchema, (asked, { signal }) => answer(asked, signal));
    if (roots)
      this.sdk.setRequestHandler(ListRootsRequestSchema, (asked, { signal }) => answer(asked, signal));
    this.sdk.fallbackRequestHandler = (asked, { signal }) => answer(asked, signal);
  }

  static async connect(transport: Transport, options: ConnectOptions): Promise<TestClient> {
    const client = new TestClient(options.capabilities ?? everything, options.toolName);
    await client.sdk.connect(transport);
    return client;
  }

  /** Calls a tool and gives the text of its result. */
  async call(tool: string, args: Json = {}, options: CallOptions = {}): Promise<string> {
    return textOf(await this.result(tool, args, options));
  }

  /** Calls a tool and gives its result. */
  async result(tool: string, args: Json = {}, { signal, onprogress, meta }: CallOptions = {}): Promise<Json> {
    const options = { ...(signal && { signal }), ...(onprogress && { onprogress: onprogress as never }) };
    const params = { name: this.#toolName(tool), arguments: args, ...(meta && { _meta: meta }) };
    return this.sdk.callTool(params, undefined, options);
  }

  request(method: string, params: Json = {}): Promise<Json> {
    return this.sdk.request({ method, params }, ResultSchema);
  }

  notify(method: string, params: Json = {}): Promise<void> {
    return this.sdk.notification({ method, params } as never);
  }

  /** Every notification so far of a method whose parameters hold a text. */
  heard(method: string, text?: string): Json[] {
    return this.#notices.heard(method, text);
  }

  /** Resolves with such a notification, which came or will come. */
  hears(method: string, text?: string): Promise<Json> {
    return this.#notices.hears(method, text);
  }

  /** Resolves when more notifications of a method have come than there were before. */
  hearsMore(method: string, before: number): Promise<void> {
    return this.#notices.hearsMore(method, before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Closing alone leaves an HTTP session behind.
    const { transport } = this.sdk;
    if (transport instanceof StreamableHTTPClientTransport) await transport.terminateSession();
    await this.sdk.close();
  }
}
