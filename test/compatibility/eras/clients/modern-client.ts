import { Client, type Transport } from "@modelcontextprotocol/client";
import { Notices } from "../../clients/notices.ts";
import { type Answer, type CallOptions, type Json, textOf } from "../../clients/test-client.ts";
import type { EraClient, Introduction } from "./era-client.ts";
import { modernVersion } from "./raw-modern.ts";

const logLevelKey = "io.modelcontextprotocol/logLevel";
const asked = ["elicitation/create", "sampling/createMessage", "roots/list"] as const;
const everything = { elicitation: { form: {}, url: {} }, sampling: { tools: {}, context: {} }, roots: {} };

/** The client of SDK 2.x, which speaks 2026-07-28 and nothing else. */
export class ModernClient implements EraClient {
  readonly answers = new Map<string, Answer>();
  readonly #sdk: Client;
  readonly #toolName: (own: string) => string;
  readonly #notices = new Notices();
  #level: string | undefined;

  private constructor(toolName: (own: string) => string) {
    this.#toolName = toolName;
    this.#sdk = new Client(
      { name: "compatibility", version: "1.0.0" },
      { capabilities: everything, versionNegotiation: { mode: { pin: modernVersion } } },
    );
    for (const method of asked) {
      this.#sdk.setRequestHandler(method, async ({ params = {} }, { mcpReq }) => {
        const make = this.answers.get(method);
        if (!make) throw new Error(`${method} was not expected`);
        return (await make(params, mcpReq.signal)) as never;
      });
    }
    this.#sdk.fallbackNotificationHandler = async ({ method, params = {} }) =>
      this.#notices.add(method, params);
  }

  static async connect(transport: Transport, toolName: (own: string) => string): Promise<EraClient> {
    const client = new ModernClient(toolName);
    await client.#sdk.connect(transport);
    return client;
  }

  get introduction(): Introduction {
    return {
      name: this.#sdk.getServerVersion()?.name,
      capabilities: { ...this.#sdk.getServerCapabilities() },
      instructions: this.#sdk.getInstructions(),
    };
  }

  async call(tool: string, args: Json = {}, options: CallOptions = {}): Promise<string> {
    return textOf(await this.result(tool, args, options));
  }

  async result(tool: string, args: Json = {}, { signal, onprogress, meta }: CallOptions = {}): Promise<Json> {
    const _meta = { ...meta, ...(this.#level && { [logLevelKey]: this.#level }) };
    const options = { ...(signal && { signal }), ...(onprogress && { onprogress: onprogress as never }) };
    return this.#sdk.callTool({ name: this.#toolName(tool), arguments: args, _meta }, options);
  }

  request(method: string, params: Json = {}): Promise<Json> {
    return this.#sdk.request({ method, params } as never) as Promise<Json>;
  }

  async wantLogs(level: string): Promise<void> {
    this.#level = level;
  }

  async watch(uri: string): Promise<AsyncDisposable> {
    const lists = { toolsListChanged: true, promptsListChanged: true, resourcesListChanged: true };
    const listening = await this.#sdk.listen({ ...lists, resourceSubscriptions: [uri] });
    return { [Symbol.asyncDispose]: () => listening.close() };
  }

  heard(method: string, text?: string): Json[] {
    return this.#notices.heard(method, text);
  }

  hears(method: string, text?: string): Promise<Json> {
    return this.#notices.hears(method, text);
  }

  hearsMore(method: string, before: number): Promise<void> {
    return this.#notices.hearsMore(method, before);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sdk.close();
  }
}
