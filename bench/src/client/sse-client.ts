import { type ClientRequest, get, type IncomingMessage } from "node:http";
import { findId } from "../targets/programs/splice-id.mjs";
import { type Body, type Conversation, type Endpoint, initializeParams, textOf } from "./conversation.ts";
import { EventReader } from "./event-reader.ts";
import type { HttpConnection } from "./http-connection.ts";

/** A conversation over HTTP+SSE, as it was before streamable HTTP: requests are posted, one stream has all answers. */
export class SseClient implements Conversation {
  readonly #connection: HttpConnection;
  readonly #stream: AnswerStream;

  private constructor(connection: HttpConnection, stream: AnswerStream) {
    this.#connection = connection;
    this.#stream = stream;
  }

  /** Opens a session. */
  static async open(connection: HttpConnection, endpoint: Endpoint): Promise<SseClient> {
    const client = new SseClient(connection, await AnswerStream.open(endpoint));
    await client.send("initialize", JSON.stringify(initializeParams));
    await client.#post('{"jsonrpc":"2.0","method":"notifications/initialized"}');
    return client;
  }

  on(connection: HttpConnection): SseClient {
    return new SseClient(connection, this.#stream);
  }

  async send(method: string, params: string): Promise<Body> {
    const { id, answer } = this.#stream.expect();
    await this.#post(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    return answer;
  }

  async end(): Promise<void> {
    this.#stream.end();
  }

  async #post(body: string): Promise<void> {
    const answer = await this.#connection.send(
      `${this.#stream.head}content-length: ${body.length}\r\n\r\n${body}`,
    );
    if (answer.status >= 300) throw new Error(`status ${answer.status} ${textOf(answer)}`);
  }
}

interface Waiting {
  resolve(answer: Body): void;
  reject(error: Error): void;
}

/** What comes back, and for whom. */
class AnswerStream {
  readonly #waiting = new Map<number, Waiting>();
  readonly #request: ClientRequest;
  readonly #events = new EventReader();
  /** Of each request: all header fields but the length. */
  #head = "";
  #lastId = 0;

  private constructor({ port, path }: Endpoint) {
    const headers = { accept: "text/event-stream" };
    this.#request = get({ host: "127.0.0.1", port, path, agent: false, headers });
  }

  /** Opens the stream, and waits until it says where requests go. */
  static async open(endpoint: Endpoint): Promise<AnswerStream> {
    const stream = new AnswerStream(endpoint);
    const path = await new Promise<string>((resolve, reject) => stream.#listen(resolve, reject));
    const { pathname, search, host } = new URL(path, `http://127.0.0.1:${endpoint.port}`);
    stream.#head = `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n`;
    return stream;
  }

  get head(): string {
    return this.#head;
  }

  /** An id for a request, and the promise of its answer. */
  expect(): { id: number; answer: Promise<Body> } {
    const id = ++this.#lastId;
    const answer = new Promise<Body>((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    // Whoever posts the request may fail before.
    answer.catch(() => {});
    return { id, answer };
  }

  end(): void {
    this.#request.destroy();
  }

  #listen(open: (path: string) => void, fail: (error: Error) => void): void {
    this.#request.on("error", fail);
    this.#request.on("response", (response: IncomingMessage) => {
      response.on("data", (chunk: Buffer) => {
        for (const { name, data } of this.#events.read(chunk)) {
          if (name === "endpoint") open(data.toString());
          else this.#take(data);
        }
      });
      response.on("error", () => {});
      response.on("close", () => {
        const error = new Error("The event stream ended");
        fail(error);
        for (const { reject } of this.#waiting.values()) reject(error);
      });
    });
  }

  #take(data: Buffer): void {
    const span = findId(data);
    if (span === undefined) return;
    const id = Number(data.toString("latin1", span.start, span.end));
    this.#waiting.get(id)?.resolve({ pieces: [data], length: data.length });
    this.#waiting.delete(id);
  }
}
