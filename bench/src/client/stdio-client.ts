import type { ChildProcess } from "node:child_process";
import { initializeParams } from "./mcp-client.ts";

/** Talks to a server over its stdin and stdout; expects answers that end with the id, as the fixture writes them. */
export class StdioClient {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (length: number) => void>();
  #lastId = 0;
  #batch = "";
  #tail = Buffer.alloc(0);
  #length = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on("data", (chunk: Buffer) => this.#read(chunk));
  }

  async open(): Promise<void> {
    await this.send("initialize", JSON.stringify(initializeParams));
    this.#write('{"jsonrpc":"2.0","method":"notifications/initialized"}');
  }

  /** Sends a request, its parameters written as JSON, and gives the length of the answer. */
  send(method: string, params: string): Promise<number> {
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
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const last = Buffer.concat([this.#tail, chunk.subarray(Math.max(start, end - 32), end)]);
      const id = Number(/"id":(\d+)\}$/.exec(last.toString("latin1"))?.[1]);
      this.#waiting.get(id)?.(this.#length + end - start);
      this.#waiting.delete(id);
      this.#tail = Buffer.alloc(0);
      this.#length = 0;
      start = end + 1;
    }
    if (start === chunk.length) return;
    this.#length += chunk.length - start;
    this.#tail = Buffer.concat([this.#tail, chunk.subarray(start)]).subarray(-32);
  }
}
