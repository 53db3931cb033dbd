import { Pieces } from "./pieces.ts";

const NEWLINE = 0x0a;

/** Cuts a byte stream into lines without joining more than it must. Lines come without their line end. */
export class LineSplitter {
  readonly #pending = new Pieces();

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.#pending.bytes;
  }

  push(chunk: Buffer, onLine: (line: Buffer) => void): void {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(NEWLINE, from);
      if (at < 0) break;
      onLine(this.#complete(chunk.subarray(from, at)));
      from = at + 1;
    }
    if (from < chunk.length) this.#pending.push(from === 0 ? chunk : chunk.subarray(from));
  }

  /** Gives up what is pending, for the last line of a stream. */
  flush(): Buffer {
    return this.#complete(Buffer.alloc(0));
  }

  #complete(tail: Buffer): Buffer {
    let line = tail;
    if (this.#pending.bytes > 0) {
      this.#pending.push(tail);
      line = this.#pending.take();
    }
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }
}
