import type { Gateway } from "../../src/gateway/types.ts";
import { frameOf, type RequestId } from "../../src/runtime/frame.ts";
import type { JsonRpcMessage, Params } from "../../src/runtime/transport.ts";

export const allCapabilities: Params = {
  sampling: { tools: {} },
  elicitation: { form: {}, url: {} },
  roots: {},
};

export interface ModernOptions {
  readonly server?: string | undefined;
  readonly principal?: string;
  readonly capabilities?: Params;
  readonly logLevel?: string;
  readonly token?: RequestId;
  readonly signal?: AbortSignal;
  readonly id?: RequestId;
  /** What HTTP brings of `Mcp-Param-…`; absent: there is no HTTP. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** A client of the modern era: each request stands for itself. */
export class ModernClient {
  readonly gateway: Gateway;
  /** What came ahead of answers. */
  readonly told: JsonRpcMessage[] = [];
  readonly #options: ModernOptions;
  #lastId = 0;

  constructor(gateway: Gateway, options: ModernOptions = {}) {
    this.gateway = gateway;
    this.#options = options;
  }

  async ask(method: string, params: Params = {}, more: ModernOptions = {}): Promise<JsonRpcMessage> {
    const {
      server,
      principal = "me",
      capabilities = {},
      logLevel,
      token,
      signal,
      id,
      headers,
    } = {
      ...this.#options,
      ...more,
    };
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": capabilities,
      ...(logLevel === undefined ? {} : { "io.modelcontextprotocol/logLevel": logLevel }),
      ...(token === undefined ? {} : { progressToken: token }),
      ...params._meta,
    };
    const frame = frameOf({ jsonrpc: "2.0", id: id ?? ++this.#lastId, method, params: { ...params, _meta } });
    const answer = await this.gateway.exchange(frame, {
      server,
      principal,
      signal: signal ?? new AbortController().signal,
      tell: (message) => this.told.push(message.value()),
      headers,
    });
    return answer.value();
  }

  async result(method: string, params?: Params, more?: ModernOptions): Promise<Params> {
    const answer = await this.ask(method, params, more);
    if ("result" in answer) return answer.result;
    throw new Error(JSON.stringify(answer));
  }

  async error(method: string, params?: Params, more?: ModernOptions) {
    const answer = await this.ask(method, params, more);
    if (!("error" in answer)) throw new Error(`answered: ${JSON.stringify(answer)}`);
    return answer.error as { code: number; message: string; data?: Record<string, unknown> };
  }
}
