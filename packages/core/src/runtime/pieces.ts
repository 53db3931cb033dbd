const MAX_PIECES = 1024;

/**
 * Bytes that come in pieces until they are wanted as a whole. Small pieces are joined every so often: whoever sends them one by
 * one would make each byte cost three hundred.
 */
export class Pieces {
  #pieces: Buffer[] = [];
  /** How many at the front were joined already. */
  #joined = 0;
  #bytes = 0;

  /** How many bytes there are. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a piece behind the others. */
  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#pieces.length - this.#joined <= MAX_PIECES) return;
    this.#pieces.push(Buffer.concat(this.#pieces.splice(this.#joined)));
    this.#joined++;
  }

  /** Gives all of them as one, a single piece as it is, and has none any more. */
  take(): Buffer {
    const [first] = this.#pieces;
    const whole = this.#pieces.length === 1 && first ? first : Buffer.concat(this.#pieces);
    this.clear();
    return whole;
  }

  /** Forgets all of them. */
  clear(): void {
    this.#pieces = [];
    this.#joined = 0;
    this.#bytes = 0;
  }
}
