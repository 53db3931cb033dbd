import type { RunningGateway } from "./omg.ts";

interface Answer {
  readonly session: string | null;
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at what it expects
  readonly message: any;
}

/** A client with one session on the aggregate, over plain fetch. */
export class SessionClient {
  readonly #url: string;
  #session: string | null = null;
  #lastId = 0;

  private constructor(url: string) {
    this.#url = `${url}/mcp`;
  }

  static async connect({ url }: RunningGateway): Promise<SessionClient> {
    const client = new SessionClient(url);
    const clientInfo = { name: "test", version: "1" };
    const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo };
    const { session } = await client.#ask("initialize", params);
    client.#session = session;
    return client;
  }

  /** Calls a tool and gives its text, or whatever else is the answer. */
  async call(name: string, args: object = {}): Promise<unknown> {
    const { message } = await this.#ask("tools/call", { name, arguments: args });
    return message.result?.content[0].text ?? message;
  }

  async #ask(method: string, params: object): Promise<Answer> {
    const response = await fetch(this.#url, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        accept: "application/json",
        ...(this.#session === null ? {} : { "mcp-session-id": this.#session }),
      },
      body: JSON.stringify({ jsonrpc: "2.0", id: ++this.#lastId, method, params }),
    });
    return { session: response.headers.get("mcp-session-id"), message: await response.json() };
  }
}
