import {
  createGateway,
  type Frame,
  frameOf,
  type Gateway,
  type JsonRpcMessage,
  type Params,
} from "@omg/core";
import remoteRuntime, { type RemoteOptions } from "../../src/index.ts";

/** A gateway with one remote server, `far`. */
export function remoteGateway(
  options: { readonly url: string } & Partial<RemoteOptions>,
  settings: Record<string, unknown> = {},
): Promise<Gateway> {
  const runtime = { type: "remote-sse", allow_private_network: true, ...options };
  return createGateway({
    config: { servers: [{ id: "far", runtime }], ...settings },
    runtimes: remoteRuntime(),
    hostEnv: {},
  } as Parameters<typeof createGateway>[0]);
}

type Answer = { result?: Params; error?: { message: string; data?: Record<string, unknown> } };

/** A client in the same process, with one session on a gateway. */
export class GatewayClient {
  readonly received: JsonRpcMessage[] = [];
  /** Answers what the server asks. */
  onquestion: (method: string, params: Params | undefined) => Params = () => ({});
  onframe?: (frame: Frame) => void;
  readonly #waiting = new Map<unknown, (answer: Answer) => void>();
  readonly #watchers = new Set<() => void>();
  #lastId = 0;

  static async connect(gateway: Gateway, capabilities: object = {}): Promise<GatewayClient> {
    const client = new GatewayClient();
    await gateway.connect(client as never, { server: "far" });
    await client.ask("initialize", {
      protocolVersion: "2025-11-25",
      capabilities,
      clientInfo: { name: "tested", version: "1" },
    });
    client.notify("notifications/initialized");
    return client;
  }

  async start(): Promise<void> {}
  async close(): Promise<void> {}

  async send(message: JsonRpcMessage): Promise<void> {
    await this.sendFrame(frameOf(message));
  }

  async sendFrame(frame: Frame): Promise<void> {
    const message = frame.value();
    this.received.push(message);
    const { id, method, params } = message as { id?: unknown; method?: string; params?: Params };
    if (method !== undefined && id !== undefined) {
      const result = this.onquestion(method, params);
      this.onframe?.(frameOf({ jsonrpc: "2.0", id, result } as JsonRpcMessage));
    } else if (id !== undefined) this.#waiting.get(id)?.(message as Answer);
    for (const watch of this.#watchers) watch();
  }

  /** Sends a request and gives its answer, error or not. */
  ask(method: string, params?: Params): Promise<Answer> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.onframe?.(frameOf({ jsonrpc: "2.0", id, method, params }));
    });
  }

  notify(method: string, params?: Params): void {
    this.onframe?.(frameOf({ jsonrpc: "2.0", method, params }));
  }

  /** Calls a tool and gives its text. */
  async call(name: string, args: Params = {}, meta?: Params["_meta"]): Promise<string> {
    const params = { name, arguments: args, ...(meta && { _meta: meta }) };
    const { result, error } = await this.ask("tools/call", params);
    if (!result) throw new Error(JSON.stringify(error));
    return (result.content as { text: string }[]).map(({ text }) => text).join("\n");
  }

  async list(what: "tools" | "resources"): Promise<{ name: string; uri?: string }[]> {
    const { result } = await this.ask(`${what}/list`);
    return (result?.[what] ?? []) as { name: string; uri?: string }[];
  }

  /** Resolves with the first message of this method, also one that came before. */
  heard(method: string): Promise<JsonRpcMessage> {
    return new Promise((resolve) => {
      const watch = () => {
        const found = this.received.find((message) => "method" in message && message.method === method);
        if (!found) return;
        this.#watchers.delete(watch);
        resolve(found);
      };
      this.#watchers.add(watch);
      watch();
    });
  }
}
