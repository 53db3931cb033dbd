import { Pieces } from "./pieces.ts";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** Cuts a byte stream into lines without joining more than it must: a long line stays in the pieces it came in. */
export class LineSplitter {
  readonly #pending = new Pieces();

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.#pending.bytes;
  }

  /** Takes what came, and hands over the lines that it completes, without their ends. */
  push(chunk: Buffer, onLine: (line: readonly Buffer[]) => void): void {
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
  flush(): readonly Buffer[] {
    return this.#complete(Buffer.alloc(0));
  }

  #complete(tail: Buffer): readonly Buffer[] {
    if (this.#pending.bytes === 0) return [withoutReturn(tail)];
    if (tail.length > 0) this.#pending.push(tail);
    const pieces = this.#pending.takeLong();
    const last = pieces.at(-1) as Buffer;
    return last.at(-1) === RETURN ? pieces.with(-1, withoutReturn(last)) : pieces;
  }
}

function withoutReturn(bytes: Buffer): Buffer {
  return bytes.at(-1) === RETURN ? bytes.subarray(0, -1) : bytes;
}
