import type { ChildProcess } from "node:child_process";
import { type Body, initializeParams } from "./conversation.ts";

const NEWLINE = 10;
/** As much of both ends of an answer as can hold its id. */
const EDGE = 48;

/** Talks to a server over its stdin and stdout; expects answers that begin or end with their numeric id. */
export class StdioClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Body) => void>();
  #lastId = 0;
  #batch = "";
  #pieces: Buffer[] = [];

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  async open(): Promise<void> {
    await this.send("initialize", JSON.stringify(initializeParams));
    this.#write('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  }

  /** Sends a request, its parameters written as JSON. */
  send(method: string, params: string): Promise<Body> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#write(`{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${params}}`);
    });
  }

  /** One write for all requests of a turn. */
  #write(frame: string): void {
    if (this.#batch === "") {
      setImmediate(() => {
        this.#child.stdin?.write(this.#batch, "latin1");
        this.#batch = "";
      });
    }
    this.#batch += `${frame}\n`;
  }

  #read(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      const pieces = [...this.#pieces, chunk.subarray(start, end)];
      const id = idOf(pieces);
      this.#waiting.get(id)?.({ pieces, length: pieces.reduce((sum, piece) => sum + piece.length, 0) });
      this.#waiting.delete(id);
      this.#pieces = [];
      start = end + 1;
    }
    if (start < chunk.length) this.#pieces.push(chunk.subarray(start));
  }
}

/** The id at the end of a frame, or at its front; NaN if it has none there. */
export function idOf(pieces: readonly Buffer[]): number {
  const tail = Buffer.concat(pieces.slice(-2).map((piece) => piece.subarray(-EDGE)));
  const atEnd = /"id":(\d+)\}$/.exec(tail.toString("latin1"));
  if (atEnd !== null) return Number(atEnd[1]);
  const head = Buffer.concat(pieces.slice(0, 2).map((piece) => piece.subarray(0, EDGE)));
  return Number(/^\{"jsonrpc":"2\.0","id":(\d+)/.exec(head.toString("latin1"))?.[1]);
}
