const MAX_PIECES = 1024;
/** Joining longer pieces would cost more than passing them on one by one. */
const LONG_PIECE = 4096;

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
    const whole = joined(this.#pieces);
    this.clear();
    return whole;
  }

  /** Gives them as they came if all but the last are long, else as one, and has none any more. */
  takeLong(): readonly Buffer[] {
    const pieces = this.#pieces;
    const areLong = pieces.every(({ length }, index) => length >= LONG_PIECE || index === pieces.length - 1);
    this.clear();
    return areLong ? pieces : [joined(pieces)];
  }

  /** Forgets all of them. */
  clear(): void {
    this.#pieces = [];
    this.#joined = 0;
    this.#bytes = 0;
  }
}

/** Pieces as a whole; a single one as it is. */
export function joined(pieces: readonly Buffer[]): Buffer {
  const [first] = pieces;
  return pieces.length === 1 && first ? first : Buffer.concat(pieces);
}

/** How many bytes there are in pieces. */
export function bytesIn(pieces: readonly Buffer[]): number {
  let bytes = 0;
  for (const { length } of pieces) bytes += length;
  return bytes;
}

/** What stands in pieces from one offset to another, without a copy. */
export function cutOut(pieces: readonly Buffer[], start: number, end: number): Buffer[] {
  const found: Buffer[] = [];
  let at = 0;
  for (const piece of pieces) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, piece.length);
    if (from < to) found.push(piece.subarray(from, to));
    at += piece.length;
  }
  return found;
}

/** Whether these words, in plain letters, stand in pieces, or across two of them that are longer than the words. */
export function holdText(pieces: readonly Buffer[], words: string): boolean {
  const edge = words.length - 1;
  return pieces.some((piece, index) => {
    if (piece.includes(words)) return true;
    const next = pieces[index + 1];
    return (
      next !== undefined && Buffer.concat([piece.subarray(-edge), next.subarray(0, edge)]).includes(words)
    );
  });
}
