import type { HttpAnswer } from "./answer-reader.ts";
import { type Conversation, type Endpoint, initializeParams, textOf } from "./conversation.ts";
import type { HttpConnection } from "./http-connection.ts";

/** A conversation over streamable HTTP. */
export class McpClient implements Conversation {
  readonly #connection: HttpConnection;
  /** All header fields but the length, and without the method. */
  readonly #head: string;
  /** Shared by all lanes of a session: an id is in flight once. */
  readonly #ids: { last: number };

  private constructor(connection: HttpConnection, head: string, ids = { last: 0 }) {
    this.#connection = connection;
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

  on(connection: HttpConnection): McpClient {
    return new McpClient(connection, this.#head, this.#ids);
  }

  async send(method: string, params: string): Promise<HttpAnswer> {
    const id = ++this.#ids.last;
    const answer = await this.#post(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    if (answer.status !== 200) throw new Error(`${method}: status ${answer.status} ${textOf(answer)}`);
    return answer;
  }

  async end(): Promise<void> {
    await this.#connection.send(`DELETE ${this.#head}content-length: 0\r\n\r\n`);
  }

  #post(body: string): Promise<HttpAnswer> {
    return this.#connection.send(`POST ${this.#head}content-length: ${body.length}\r\n\r\n${body}`);
  }
}

function headOf({ port, path }: Endpoint): string {
  return [
    `${path} HTTP/1.1`,
    `host: 127.0.0.1:${port}`,
    "content-type: application/json",
    "accept: application/json, text/event-stream",
    "",
  ].join("\r\n");
}
