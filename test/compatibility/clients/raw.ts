import type { Json } from "./test-client.ts";

/** A conversation in text, for what the SDK's client hides: bytes, ids, the stream that something came on. */
export interface Raw extends AsyncDisposable {
  /** The result of `initialize`. */
  readonly introduction: Json;
  /**
   * Sends a request, or a batch of them, and resolves with what came on its way, the last answer included. Rejects with
   * a `RawRefusal` if the front refuses it.
   */
  exchange(text: string): Promise<string[]>;
  /** Sends something that has no answer. */
  send(text: string): Promise<void>;
  /** Resolves with everything that has come by the time a ping is answered. */
  settled(): Promise<readonly string[]>;
}

/** What a front answered in place of MCP. */
export class RawRefusal extends Error {
  readonly status: number;

  constructor(status: number, body: string) {
    super(body);
    this.status = status;
  }
}

export interface RawOptions {
  /** Of MCP; the client asks for it. */
  readonly version: string;
  readonly capabilities: Json;
}

export function initializeText({ version, capabilities }: RawOptions): string {
  const clientInfo = { name: "raw", version: "1.0.0" };
  return request("initialize", "initialize", { protocolVersion: version, capabilities, clientInfo });
}

export const initializedText = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });

/** A request as text. */
export function request(id: number | string, method: string, params: unknown = {}): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params });
}

/** The bytes of an answer's result or error, as they came. */
export function payloadOf(answer: string): string {
  const [, payload] = /^\{.*?"(?:result|error)":(.*)\}$/s.exec(answer) ?? [];
  if (payload === undefined) throw new Error(`No answer: ${answer}`);
  return payload;
}

/** The result in an answer. Throws for an error. */
export function resultOf(answer: string | undefined): Json {
  const message = JSON.parse(answer ?? "null");
  if (!message?.result) throw new Error(`No result: ${answer}`);
  return message.result;
}

/** What was asked, as text or in a batch. */
export function idsIn(text: string): unknown[] {
  const messages = [JSON.parse(text)].flat() as { id?: unknown }[];
  return messages.flatMap(({ id }) => (id === undefined ? [] : [id]));
}
