const NEWLINE = 0x0a;
const maxPieces = 1024;

/** Cuts a byte stream into lines without joining more than it must. Lines come without their line end. */
export class LineSplitter {
  #pending: Buffer[] = [];
  /** How many of the pending buffers were joined already. */
  #joined = 0;
  #pendingBytes = 0;

  /** Bytes of the line that is not complete yet. */
  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  push(chunk: Buffer, onLine: (line: Buffer) => void): void {
    let from = 0;
    for (;;) {
      const at = chunk.indexOf(NEWLINE, from);
      if (at < 0) break;
      onLine(this.#complete(chunk.subarray(from, at)));
      from = at + 1;
    }
    if (from < chunk.length) {
      this.#pending.push(from === 0 ? chunk : chunk.subarray(from));
      this.#pendingBytes += chunk.length - from;
      // Each piece costs far more memory than its bytes if they come one by one.
      if (this.#pending.length - this.#joined > maxPieces) {
        this.#pending.push(Buffer.concat(this.#pending.splice(this.#joined)));
        this.#joined++;
      }
    }
  }

  /** Gives up what is pending, for the last line of a stream. */
  flush(): Buffer {
    return this.#complete(Buffer.alloc(0));
  }

  #complete(tail: Buffer): Buffer {
    let line = tail;
    if (this.#pending.length > 0) {
      line = Buffer.concat([...this.#pending, tail]);
      this.#pending = [];
      this.#joined = 0;
      this.#pendingBytes = 0;
    }
    return line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
  }
}
