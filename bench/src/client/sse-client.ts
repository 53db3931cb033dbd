import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
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

/** What comes back, and for whom. */
class AnswerStream {
  /** Of each request: all header fields but the length. */
  readonly head: string;
  readonly #response: IncomingMessage;
  readonly #waiting: Map<number, (answer: Body) => void>;
  #lastId = 0;

  private constructor(response: IncomingMessage, head: string, waiting: Map<number, (answer: Body) => void>) {
    this.#response = response;
    this.head = head;
    this.#waiting = waiting;
  }

  static async open({ port, path }: Endpoint): Promise<AnswerStream> {
    const request = get({
      host: "127.0.0.1",
      port,
      path,
      agent: false,
      headers: { accept: "text/event-stream" },
    });
    const [response] = (await once(request, "response")) as [IncomingMessage];
    request.on("error", () => {});
    const waiting = new Map<number, (answer: Body) => void>();
    const events = new EventReader();
    const where = new Promise<string>((resolve, reject) => {
      response.on("error", () => {});
      response.on("close", () => reject(new Error("The stream ended")));
      response.on("data", (chunk: Buffer) => {
        for (const { name, data } of events.read(chunk)) {
          if (name === "endpoint") resolve(data.toString());
          else answer(waiting, data);
        }
      });
    });
    const target = new URL(await where, `http://127.0.0.1:${port}`);
    const head = `POST ${target.pathname}${target.search} HTTP/1.1\r\nhost: ${target.host}\r\n`;
    return new AnswerStream(response, `${head}content-type: application/json\r\n`, waiting);
  }

  /** An id for a request, and the promise of its answer. */
  expect(): { id: number; answer: Promise<Body> } {
    const id = ++this.#lastId;
    return { id, answer: new Promise((resolve) => this.#waiting.set(id, resolve)) };
  }

  end(): void {
    this.#response.destroy();
  }
}

function answer(waiting: Map<number, (answer: Body) => void>, data: Buffer): void {
  const span = findId(data);
  if (span === undefined) return;
  const id = Number(data.toString("latin1", span.start, span.end));
  waiting.get(id)?.({ pieces: [data], length: data.length });
  waiting.delete(id);
}
