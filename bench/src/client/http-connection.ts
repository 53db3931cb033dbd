import { connect, type Socket } from "node:net";
import { AnswerReader, type HttpAnswer } from "./answer-reader.ts";

const TIMEOUT_MS = 30_000;

/** One keep-alive connection that carries one request at a time; far cheaper than `fetch`. */
export class HttpConnection implements Disposable {
  readonly #socket: Socket;
  readonly #reader = new AnswerReader();
  #waiting: { resolve(answer: HttpAnswer): void; reject(error: Error): void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(TIMEOUT_MS, () => {
      if (this.#waiting !== undefined) socket.destroy(new Error(`No answer within ${TIMEOUT_MS} ms`));
    });
    socket.on("data", (chunk) => this.#read(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () =>
      this.#fail(new Error("The connection was closed before the answer was complete")),
    );
  }

  static open(port: number): Promise<HttpConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.off("error", reject);
        resolve(new HttpConnection(socket));
      });
    });
  }

  /** Sends a whole request, head and body, of ASCII characters. */
  send(request: string): Promise<HttpAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting !== undefined) return reject(new Error("A request is under way on this connection"));
      if (this.#socket.destroyed) return reject(new Error("The connection is closed"));
      this.#waiting = { resolve, reject };
      this.#socket.write(request, "latin1");
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    const answer = this.#reader.read(chunk);
    if (answer === undefined) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}
