import type { FrameHead, FrameKind, FrameSpans, RequestId } from "./frame.ts";
import { invalid, isText } from "./head-fields.ts";
import { duplicateKey } from "./json-members.ts";
import { JsonScanner, type Span } from "./json-scanner.ts";
import { lookalike, looksLike } from "./lookalike-keys.ts";
import { ParamsReader } from "./params-reader.ts";
import { scannerOf } from "./scan-memory.ts";

export type MutableHead = { -readonly [Field in keyof FrameHead]: FrameHead[Field] };
export type MutableSpans = { -readonly [Field in keyof FrameSpans]: FrameSpans[Field] | undefined };

/** Reads the fields that routing looks at, and refuses what is no single JSON-RPC 2.0 message. */
export function scanHead(pieces: readonly Buffer[]): {
  head: FrameHead;
  spans: FrameSpans;
  text: string | undefined;
} {
  const scanner = scannerOf(pieces);
  if (scanner.peek() !== 0x7b) {
    scanner.skip();
    scanner.end();
    throw invalid("A message must be one JSON object");
  }
  const head = emptyHead();
  const spans = emptySpans();
  const params = new ParamsReader(scanner, spans);
  let seen = 0;
  let others: Set<string> | undefined;
  for (let key = scanner.firstKey(); key !== undefined; key = scanner.nextKey()) {
    const field = fieldOf(key);
    if (field === NONE) {
      if (looksLike(key, topLevelKeys)) throw lookalike(key);
      if (others?.has(key)) throw duplicateKey(key);
      others ??= new Set();
      others.add(key);
      scanner.skip();
      continue;
    }
    if ((seen & field) !== 0) throw duplicateKey(key);
    seen |= field;
    if (field === METHOD) head.method = textOf(scanner, "method");
    else if (field === ID) head.id = idOf(scanner, spans);
    else if (field === PARAMS) spans.payload = params.read();
    else if (field === RESULT) spans.payload = scanner.skip();
    else if (field === ERROR) spans.payload = errorSpan(scanner);
    else if (textOf(scanner, "jsonrpc") !== "2.0") throw invalid('"jsonrpc" must be "2.0"');
  }
  scanner.end();
  head.kind = kindOf(seen);
  // Only what a client sends is ever parsed here; a long answer is the client's business.
  if (head.method !== undefined && scanner.nodes > maxRequestNodes) {
    throw invalid(`The message holds more than ${maxRequestNodes} values`);
  }
  if (head.kind !== "error" && (seen & ID) !== 0 && head.id === undefined)
    throw invalid('"id" must not be null');
  if ((seen & JSONRPC) === 0) throw invalid('"jsonrpc" is missing');
  if (head.method !== undefined) params.fill(head, head.method);
  return { head, spans, text: scanner.text };
}

/** The members of a message, one bit each: a set of their keys takes a small message three times as long. */
const NONE = 0;
const JSONRPC = 1;
const ID = 2;
const METHOD = 4;
const PARAMS = 8;
const RESULT = 16;
const ERROR = 32;

function fieldOf(key: string): number {
  switch (key) {
    case "jsonrpc":
      return JSONRPC;
    case "id":
      return ID;
    case "method":
      return METHOD;
    case "params":
      return PARAMS;
    case "result":
      return RESULT;
    case "error":
      return ERROR;
    default:
      return NONE;
  }
}

/** All heads have the same members in the same order: an engine finds them sooner if it has seen one shape only. */
function emptyHead(): MutableHead {
  return {
    kind: "request",
    id: undefined,
    method: undefined,
    name: undefined,
    uri: undefined,
    cursor: undefined,
    token: undefined,
    requestId: undefined,
    taskId: undefined,
    task: undefined,
    version: undefined,
    requestState: undefined,
  };
}

function emptySpans(): MutableSpans {
  return {
    id: undefined,
    name: undefined,
    uri: undefined,
    token: undefined,
    requestId: undefined,
    taskId: undefined,
    payload: undefined,
  };
}

function kindOf(seen: number): FrameKind {
  const answer = seen & (RESULT | ERROR);
  if ((seen & METHOD) !== 0) {
    if (answer !== 0) throw invalid("A request must not hold a result or an error");
    return (seen & ID) !== 0 ? "request" : "notification";
  }
  // The id of an error may be missing: its sender could not read the request's.
  if (answer === ERROR) return "error";
  if (answer === RESULT && (seen & ID) !== 0) return "result";
  throw invalid("A message must hold a method, or an id with a result or an error");
}

/** Keys that this scan acts upon, folded. */
const topLevelKeys = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);
const maxRequestNodes = 250_000;

/** The id of a message that is refused, if it has one that can be told. */
export function salvageId(bytes: Buffer): RequestId | undefined {
  let id: RequestId | undefined;
  try {
    const scanner = new JsonScanner(bytes, 0, { depth: 4096 });
    scanner.object((key) => {
      if (key === "id") id = idOf(scanner, {});
      else scanner.skip();
    });
  } catch {
    // What was read before the fault is good enough.
  }
  return id;
}

function textOf(scanner: JsonScanner, key: string): string {
  if (scanner.peek() === 0x22) return scanner.string();
  scanner.skip();
  throw invalid(`"${key}" must be a string`);
}

/** Clients read no error of another form: whoever waits for it would wait on. */
function errorSpan(scanner: JsonScanner): Span {
  const opening = scanner.peek();
  const start = scanner.position;
  let hasCode = false;
  let hasMessage = false;
  if (opening !== 0x7b) scanner.skip();
  else
    scanner.object((key) => {
      if (key === "code") hasCode = Number.isSafeInteger(scanner.scalar().value);
      else {
        if (key === "message") hasMessage = scanner.peek() === 0x22;
        scanner.skip();
      }
    });
  if (!hasCode || !hasMessage)
    throw invalid('"error" must hold a "code", an integer, and a "message", a string');
  return { start, end: scanner.position };
}

function idOf(scanner: JsonScanner, spans: MutableSpans): RequestId | undefined {
  const { value, span } = scanner.scalar();
  if (value === null) return undefined;
  spans.id = span;
  if (isText(value) && value.length <= 256) return value;
  // 1.0 and 1e2 are integers too, but the other side might write them another way.
  if (Number.isSafeInteger(value) && isDigits(scanner.bytes, span)) return value as number;
  throw invalid('"id" must be a string of at most 256 characters or a safe integer');
}

function isDigits(bytes: Buffer, { start, end }: Span): boolean {
  for (let at = bytes[start] === 0x2d ? start + 1 : start; at < end; at++) {
    const byte = bytes[at] as number;
    if (byte < 0x30 || byte > 0x39) return false;
  }
  return true;
}
