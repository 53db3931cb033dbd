import { OmgError } from "./errors.ts";
import { endOfNumber, numberIn } from "./json-number.ts";
import { ESCAPES, endOfPlainRun } from "./plain-run.ts";
import type { ScanMemory } from "./scan-memory.ts";

/** Where a value stands in the bytes: `end` is exclusive. */
export interface Span {
  /** The offset of its first byte. */
  readonly start: number;
  /** The offset behind its last byte. */
  readonly end: number;
}

export interface Scalar {
  /** `undefined`: an object or an array. */
  readonly value: unknown;
  readonly span: Span;
}

export interface ScanLimits {
  /** Deepest nesting of objects and arrays. */
  readonly depth: number;
}

const defaultScanLimits: ScanLimits = { depth: 64 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const NINE = 0x39;

const LITERALS = new Map(["true", "false", "null"].map((word) => [word.charCodeAt(0), Buffer.from(word)]));

/** A text up to this length is decoded as a whole: cutting a string out takes 18 ns, decoding it alone 83. */
const SMALL_BYTES = 4096;
/** A string is read byte by byte up to this length: only then looking at several bytes at once pays. */
const SHORT_STRING = 64;

/**
 * Reads JSON text (RFC 8259) as bytes, in one pass and without building values: it checks the grammar, depth and size,
 * and tells where the members of interest stand. Errors are `OmgError`s: `parse_error` for text that is no JSON,
 * `invalid_request` for text beyond the limits.
 */
export class JsonScanner {
  readonly bytes: Buffer;
  position: number;
  readonly #limits: ScanLimits;
  /** The bytes, one character each, if they are few. */
  readonly text: string | undefined;
  readonly #memory: ScanMemory | undefined;
  #view: DataView | undefined;
  #depth = 0;
  #nodes = 0;

  /** `memory`: where the bytes are, if they are in memory for long texts. */
  constructor(bytes: Buffer, start = 0, limits = defaultScanLimits, memory?: ScanMemory) {
    this.bytes = bytes;
    this.position = start;
    this.#limits = limits;
    this.#memory = memory;
    if (bytes.length <= SMALL_BYTES) this.text = bytes.toString("latin1");
  }

  /** How many values have been passed over. */
  get nodes(): number {
    return this.#nodes;
  }

  /** The byte a value starts with, white space skipped; `undefined` at the end of the text. */
  peek(): number | undefined {
    this.#space();
    return this.bytes[this.position];
  }

  /** Walks an object; `member` must consume the value of its key (`skip`, `object`, `array` or `string`). */
  object(member: (key: string) => void): void {
    for (let key = this.firstKey(); key !== undefined; key = this.nextKey()) member(key);
  }

  /** Enters an object and reads its first key, whose value must be consumed; `undefined` when there is none. */
  firstKey(): string | undefined {
    this.#enter(OPEN_OBJECT);
    return this.#leaveIf(CLOSE_OBJECT) ? undefined : this.#key();
  }

  /** Reads the object's next key, whose value must be consumed; `undefined` when the object has ended. */
  nextKey(): string | undefined {
    if (this.#leaveIf(CLOSE_OBJECT)) return undefined;
    this.#expect(COMMA);
    return this.#key();
  }

  /** Walks an array; `element` must consume its value. */
  array(element: () => void): void {
    this.#enter(OPEN_ARRAY);
    if (this.#leaveIf(CLOSE_ARRAY)) return;
    for (;;) {
      element();
      if (this.#leaveIf(CLOSE_ARRAY)) return;
      this.#expect(COMMA);
    }
  }

  /** Consumes a string and gives its value. */
  string(): string {
    const start = this.peek() === QUOTE ? this.position : this.#fail();
    const plain = this.#skipString();
    const end = this.position;
    if (plain) return this.#ascii(start + 1, end - 1);
    return JSON.parse(this.bytes.toString("utf8", start, end)) as string;
  }

  /** Consumes any value; tells what it is, if no object or array, and where it stood. */
  scalar(): Scalar {
    const first = this.peek();
    const start = this.position;
    let value: unknown;
    if (first === QUOTE) {
      this.#nodes++;
      value = this.string();
    } else {
      this.#skip();
      if (first !== undefined && first <= NINE) value = numberIn(this.bytes, start, this.position);
      else if (first !== OPEN_OBJECT && first !== OPEN_ARRAY)
        value = JSON.parse(this.#ascii(start, this.position));
    }
    return { value, span: { start, end: this.position } };
  }

  /** Consumes any value and tells where it stood. */
  skip(): Span {
    this.#space();
    const start = this.position;
    this.#skip();
    return { start, end: this.position };
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.peek() !== undefined) this.#fail();
  }

  #key(): string {
    const key = this.string();
    this.#space();
    this.#expect(COLON);
    return key;
  }

  /** The text of bytes that are known to be ASCII. */
  #ascii(start: number, end: number): string {
    return this.text?.slice(start, end) ?? this.bytes.toString("latin1", start, end);
  }

  #skip(): void {
    const first = this.peek();
    this.#nodes++;
    if (first === QUOTE) this.#skipString();
    else if (first === OPEN_OBJECT) this.#skipObject();
    else if (first === OPEN_ARRAY) this.#skipArray();
    else if (first === undefined || first <= NINE) this.#skipNumber();
    else this.#skipLiteral(first);
  }

  #skipObject(): void {
    this.#enter(OPEN_OBJECT);
    if (this.#leaveIf(CLOSE_OBJECT)) return;
    for (;;) {
      if (this.peek() !== QUOTE) this.#fail();
      this.#skipString();
      this.#space();
      this.#expect(COLON);
      this.#skip();
      if (this.#leaveIf(CLOSE_OBJECT)) return;
      this.#expect(COMMA);
    }
  }

  #skipArray(): void {
    this.#enter(OPEN_ARRAY);
    if (this.#leaveIf(CLOSE_ARRAY)) return;
    for (;;) {
      this.#skip();
      if (this.#leaveIf(CLOSE_ARRAY)) return;
      this.#expect(COMMA);
    }
  }

  /** Returns whether the string is known to be as it stands there: short, ASCII, without escapes. */
  #skipString(): boolean {
    const { bytes } = this;
    const { length } = bytes;
    const longFrom = this.position + SHORT_STRING;
    let plain = true;
    for (let at = this.position + 1; at < length; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) {
        this.position = at + 1;
        return plain;
      }
      if (byte === BACKSLASH) {
        plain = false;
        at = this.#skipEscape(at);
      } else if (byte < 0x20) {
        this.position = at;
        this.#fail();
      } else if (at > longFrom) {
        plain = false;
        at = this.#endOfPlainRun(at + 1) - 1;
      } else if (byte > 0x7f) plain = false;
    }
    this.position = length;
    return this.#fail();
  }

  #endOfPlainRun(from: number): number {
    if (this.#memory !== undefined) return this.#memory.endOfPlainRun(from);
    const { buffer, byteOffset, length } = this.bytes;
    this.#view ??= new DataView(buffer, byteOffset, length);
    return endOfPlainRun(this.#view, from);
  }

  #skipEscape(at: number): number {
    const { bytes } = this;
    const escaped = bytes[at + 1] ?? 0;
    if (ESCAPES[escaped] === 1) return at + 1;
    const isUnicode =
      escaped === 0x75 &&
      isHex(bytes[at + 2]) &&
      isHex(bytes[at + 3]) &&
      isHex(bytes[at + 4]) &&
      isHex(bytes[at + 5]);
    if (isUnicode) return at + 5;
    this.position = at;
    return this.#fail();
  }

  #skipLiteral(first: number): void {
    const word = LITERALS.get(first) ?? this.#fail();
    for (let index = 1; index < word.length; index++) {
      if (this.bytes[this.position + index] !== word[index]) this.#fail();
    }
    this.position += word.length;
  }

  #skipNumber(): void {
    const end = endOfNumber(this.bytes, this.position);
    if (end === undefined) this.#fail();
    else this.position = end;
  }

  #enter(opening: number): void {
    this.#space();
    this.#expect(opening);
    if (++this.#depth > this.#limits.depth) this.#exceed(`nested deeper than ${this.#limits.depth} levels`);
  }

  #leaveIf(closing: number): boolean {
    this.#space();
    if (this.bytes[this.position] !== closing) return false;
    this.position++;
    this.#depth--;
    return true;
  }

  #expect(byte: number): void {
    if (this.bytes[this.position] !== byte) this.#fail();
    this.position++;
  }

  #space(): void {
    for (;;) {
      const byte = this.bytes[this.position];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.position++;
    }
  }

  #fail(): never {
    const where = this.position < this.bytes.length ? `at byte ${this.position}` : "at its end";
    throw new OmgError("parse_error", { message: `Parse error: invalid JSON ${where}` });
  }

  #exceed(what: string): never {
    throw new OmgError("invalid_request", { message: `The message is ${what}` });
  }
}

function isHex(byte = 0): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66);
}
