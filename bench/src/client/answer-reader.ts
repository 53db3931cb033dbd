/** An HTTP answer; the body stays in the pieces that came. */
export interface HttpAnswer {
  readonly status: number;
  /** Status line and header fields, as they came. */
  readonly head: string;
  readonly pieces: readonly Buffer[];
  /** Bytes of the body. */
  readonly length: number;
}

const END_OF_HEAD = Buffer.from("\r\n\r\n");
const NEWLINE = 10;

/** Puts answers together that follow each other on one connection, with a length or in chunks. */
export class AnswerReader {
  #before: Buffer | undefined;
  #head = "";
  #pieces: Buffer[] = [];
  #length = 0;
  /** Bytes that are missing of the body, or of the chunk. */
  #missing = 0;
  #state: "head" | "body" | "chunk-size" | "chunk" | "chunk-end" | "trailer" = "head";
  #line = "";

  /** Takes what came; gives the answer that it completes. */
  read(bytes: Buffer): HttpAnswer | undefined {
    let at = 0;
    if (this.#state === "head") {
      const all = this.#before === undefined ? bytes : Buffer.concat([this.#before, bytes]);
      const end = all.indexOf(END_OF_HEAD);
      if (end === -1) {
        this.#before = all;
        return undefined;
      }
      this.#before = undefined;
      this.#open(all.toString("latin1", 0, end));
      at = end + END_OF_HEAD.length;
      return this.#readBody(all, at);
    }
    return this.#readBody(bytes, at);
  }

  #open(head: string): void {
    this.#head = head;
    this.#pieces = [];
    this.#length = 0;
    const length = /\r\ncontent-length: *(\d+)/i.exec(head);
    this.#state = length === null && /\r\ntransfer-encoding: *chunked/i.test(head) ? "chunk-size" : "body";
    this.#missing = Number(length?.[1] ?? 0);
  }

  #readBody(bytes: Buffer, start: number): HttpAnswer | undefined {
    if (this.#state === "body") {
      this.#take(bytes, start);
      return this.#missing === 0 ? this.#done() : undefined;
    }
    return this.#readChunks(bytes, start);
  }

  #readChunks(bytes: Buffer, start: number): HttpAnswer | undefined {
    let at = start;
    while (at < bytes.length) {
      if (this.#state === "chunk") {
        at = this.#take(bytes, at);
        if (this.#missing === 0) this.#state = "chunk-end";
        continue;
      }
      const end = bytes.indexOf(NEWLINE, at);
      this.#line += bytes.toString("latin1", at, end === -1 ? bytes.length : end);
      if (end === -1) return undefined;
      at = end + 1;
      const line = this.#line.trim();
      this.#line = "";
      if (this.#state === "chunk-end") this.#state = "chunk-size";
      else if (this.#state === "chunk-size") {
        this.#missing = Number.parseInt(line, 16);
        this.#state = this.#missing === 0 ? "trailer" : "chunk";
      } else if (line === "") return this.#done();
    }
    return undefined;
  }

  /** Takes what belongs to the body, or to the chunk; gives where it ends. */
  #take(bytes: Buffer, start: number): number {
    const end = Math.min(bytes.length, start + this.#missing);
    if (end > start) this.#pieces.push(bytes.subarray(start, end));
    this.#length += end - start;
    this.#missing -= end - start;
    return end;
  }

  #done(): HttpAnswer {
    this.#state = "head";
    const { pieces, length, head } = { pieces: this.#pieces, length: this.#length, head: this.#head };
    this.#pieces = [];
    return { status: Number(head.slice(9, 12)), head, pieces, length };
  }
}
