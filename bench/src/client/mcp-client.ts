import type { HttpAnswer } from "./answer-reader.ts";
import type { HttpConnection } from "./http-connection.ts";

/** Where an MCP endpoint is. */
export interface Endpoint {
  readonly port: number;
  readonly path: string;
}

export const initializeParams = {
  protocolVersion: "2025-06-18",
  capabilities: {},
  clientInfo: { name: "bench", version: "1.0.0" },
};

/** One client's conversation over streamable HTTP, on a connection that others may use too. */
export class McpClient {
  readonly connection: HttpConnection;
  readonly #head: string;
  /** Shared by all lanes of a session: an id is in flight once. */
  readonly #ids: { last: number };

  /** `head`: all header fields but the length. */
  private constructor(connection: HttpConnection, head: string, ids = { last: 0 }) {
    this.connection = connection;
    this.#head = head;
    this.#ids = ids;
  }

  /** Opens a session. */
  static async open(connection: HttpConnection, endpoint: Endpoint): Promise<McpClient> {
    const head = headOf(endpoint);
    const client = new McpClient(connection, head);
    const answer = await client.send("initialize", JSON.stringify(initializeParams));
    const session = /\r\nmcp-session-id: *(\S+)/i.exec(answer.head)?.[1];
    const fields = `mcp-protocol-version: ${initializeParams.protocolVersion}\r\n`;
    const opened = new McpClient(
      connection,
      session === undefined ? head : `${head}mcp-session-id: ${session}\r\n${fields}`,
    );
    await opened.#post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return opened;
  }

  /** The same session on another connection. */
  on(connection: HttpConnection): McpClient {
    return new McpClient(connection, this.#head, this.#ids);
  }

  /** Sends a request, its parameters written as JSON. Rejects unless the status is 200. */
  async send(method: string, params: string): Promise<HttpAnswer> {
    const id = ++this.#ids.last;
    const answer = await this.#post(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    if (answer.status !== 200) throw new Error(`${method}: status ${answer.status} ${textOf(answer)}`);
    return answer;
  }

  /** Sends a request and reads its result. */
  async ask(method: string, params: object): Promise<Record<string, unknown>> {
    const text = textOf(await this.send(method, JSON.stringify(params)));
    const message = JSON.parse(text.startsWith("{") ? text : (/^data: (\{.*)$/m.exec(text)?.[1] ?? "null"));
    if (message?.result === undefined) throw new Error(`${method}: ${text}`);
    return message.result;
  }

  #post(body: string): Promise<HttpAnswer> {
    return this.connection.send(`${this.#head}content-length: ${body.length}\r\n\r\n${body}`);
  }
}

/** Whether an answer is what was asked for. */
export type AnswerCheck = (answer: HttpAnswer) => boolean;

/** Passes an answer that holds this text. */
export function holds(text: string): AnswerCheck {
  return ({ pieces }) => pieces.some((piece) => piece.includes(text));
}

/** Passes an answer of so many bytes or more. */
export function isLarge(bytes: number): AnswerCheck {
  return ({ length }) => length >= bytes;
}

/** The body as text. */
export function textOf({ pieces }: HttpAnswer): string {
  return Buffer.concat(pieces).toString("utf8");
}

function headOf({ port, path }: Endpoint): string {
  return [
    `POST ${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    "",
  ].join("\r\n");
}
