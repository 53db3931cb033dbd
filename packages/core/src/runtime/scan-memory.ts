import { JsonScanner } from "./json-scanner.ts";
import { bytesIn, joined } from "./pieces.ts";
import { plainRunModule } from "./plain-run.wasm.ts";

/** Where a long text is scanned by vector instructions. */
export interface ScanMemory {
  /** The text; it stands there until the next one is read in. */
  readonly bytes: Buffer;
  /**
   * Where a run of bytes that end no JSON string ends: before the first quote, control character or escape that JSON does not know,
   * or fewer than 64 bytes before the end of the text.
   */
  endOfPlainRun(from: number): number;
}

/** As much as is used of a global whose types come with those of browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  endOfPlainRun(from: number, end: number): number;
}

/** Shorter texts are scanned sooner where they are. */
export const LONG_BYTES = 16 * 1024;
/** The memory is kept, so longer texts are scanned where they are. */
const MOST_BYTES = 4 * 1024 * 1024;
const PAGE_BYTES = 64 * 1024;

let made: Exports | undefined;
let isMissing = false;

/** A scanner of a text in pieces, to be done with before the next one is made. */
export function scannerOf(pieces: readonly Buffer[]): JsonScanner {
  const memory = readIn(pieces, bytesIn(pieces));
  return memory ? new JsonScanner(memory.bytes, 0, undefined, memory) : new JsonScanner(joined(pieces));
}

/**
 * Reads a long text into memory of WebAssembly, whose code sees 64 bytes at once; a message of 1 MB is read so in a third of the time.
 * The memory is used again and again, and needs no collection. `undefined` where the text is too short or too long for that, or where
 * WebAssembly is not to be had.
 */
export function readIn(pieces: readonly Buffer[], length: number): ScanMemory | undefined {
  if (!isReadIn(length)) return undefined;
  const exports = exportsFor(length);
  if (exports === undefined) return undefined;
  const bytes = Buffer.from(exports.memory.buffer, 0, length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return { bytes, endOfPlainRun: (from) => exports.endOfPlainRun(from, length) };
}

/** Whether a text of so many bytes is read in. */
export function isReadIn(length: number): boolean {
  return length >= LONG_BYTES && length <= MOST_BYTES && !isMissing;
}

/** The module, with memory for so many bytes. A system that limits address space or makes no code at run time has none. */
function exportsFor(length: number): Exports | undefined {
  try {
    made ??= new WebAssembly.Instance(new WebAssembly.Module(plainRunModule)).exports as Exports;
    const missing = length - made.memory.buffer.byteLength;
    if (missing > 0) made.memory.grow(Math.ceil(missing / PAGE_BYTES));
    return made;
  } catch {
    isMissing = true;
    return undefined;
  }
}
