import { OmgError } from "./errors.ts";
import type { EditableField, FrameHead, FrameKind, FrameSpans, RequestId } from "./frame.ts";
import { duplicateKey, foldedKey } from "./json-members.ts";
import { JsonScanner, type Scalar, type Span } from "./json-scanner.ts";

type MutableHead = { -readonly [Field in keyof FrameHead]: FrameHead[Field] };
type MutableSpans = { -readonly [Field in keyof FrameSpans]: FrameSpans[Field] | undefined };

/** Reads the fields that routing looks at, and refuses what is no single JSON-RPC 2.0 message. */
export function scanHead(bytes: Buffer): { head: FrameHead; spans: FrameSpans; text: string | undefined } {
  const scanner = new JsonScanner(bytes);
  if (scanner.peek() !== 0x7b) {
    scanner.skip();
    scanner.end();
    throw invalid("A message must be one JSON object");
  }
  const head = emptyHead();
  const spans = emptySpans();
  const params = new ParamsReader(scanner, spans);
  const seen = new Set<string>();
  for (let key = scanner.firstKey(); key !== undefined; key = scanner.nextKey()) {
    if (seen.has(key)) throw duplicateKey(key);
    if (looksLike(key, topLevelKeys)) throw lookalike(key);
    seen.add(key);
    if (key === "method") head.method = textOf(scanner, "method");
    else if (key === "id") head.id = idOf(scanner, spans);
    else if (key === "params") spans.payload = params.read();
    else if (key === "jsonrpc") {
      if (textOf(scanner, "jsonrpc") !== "2.0") throw invalid('"jsonrpc" must be "2.0"');
    } else if (key === "error") spans.payload = errorSpan(scanner);
    else {
      const span = scanner.skip();
      if (key === "result") spans.payload = span;
    }
  }
  scanner.end();
  head.kind = kindOf(seen);
  // Only what a client sends is ever parsed here; a long answer is the client's business.
  if (head.method !== undefined && scanner.nodes > maxRequestNodes) {
    throw invalid(`The message holds more than ${maxRequestNodes} values`);
  }
  if (head.kind !== "error" && seen.has("id") && head.id === undefined)
    throw invalid('"id" must not be null');
  if (!seen.has("jsonrpc")) throw invalid('"jsonrpc" is missing');
  if (head.method !== undefined) params.fill(head, head.method);
  return { head, spans, text: scanner.text };
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

function kindOf(keys: ReadonlySet<string>): FrameKind {
  if (keys.has("method")) {
    if (keys.has("result") || keys.has("error"))
      throw invalid("A request must not hold a result or an error");
    return keys.has("id") ? "request" : "notification";
  }
  // The id of an error may be missing: its sender could not read the request's.
  if (keys.has("result") === keys.has("error") || (keys.has("result") && !keys.has("id"))) {
    throw invalid("A message must hold a method, or an id with a result or an error");
  }
  return keys.has("result") ? "result" : "error";
}

/** A member of `params`, or of an object in it. */
interface Found extends Scalar {
  readonly path: string;
}

/** Reads the fields of `params` that routing needs; which of them count depends on the method, read maybe later. */
class ParamsReader {
  readonly #scanner: JsonScanner;
  readonly #spans: MutableSpans;
  /** A handful at most: quicker to look through than a map. */
  readonly #found: Found[] = [];
  readonly #parents: string[] = [];
  #lookalike: string | undefined;
  #isTask = false;

  constructor(scanner: JsonScanner, spans: MutableSpans) {
    this.#scanner = scanner;
    this.#spans = spans;
  }

  read(): Span {
    const scanner = this.#scanner;
    const opening = scanner.peek();
    const start = scanner.position;
    if (opening !== 0x7b) {
      const span = scanner.skip();
      if (opening !== 0x6e) throw invalid('"params" must be an object');
      return span;
    }
    for (let key = scanner.firstKey(); key !== undefined; key = scanner.nextKey()) {
      if (key === "name" || key === "uri" || key === "cursor") this.#take(key);
      else if (key === "progressToken" || key === "requestId" || key === "taskId" || key === "requestState")
        this.#take(key);
      else if (key === "task") this.#task();
      else if (key === "_meta") this.#inside(key, "progressToken", versionKey);
      else if (key === "ref") this.#inside(key, "name", "uri");
      else {
        if (looksLike(key, paramsKeys)) this.#lookalike ??= key;
        scanner.skip();
      }
    }
    return { start, end: scanner.position };
  }

  fill(head: MutableHead, method: string): void {
    // A method of another vocabulary may use such keys as it likes: nothing here reads them.
    if (this.#lookalike !== undefined && ownMethods.test(method)) throw lookalike(this.#lookalike);
    const completion = method === "completion/complete";
    this.#assign(head, "name", completion ? "ref.name" : "name", isText);
    this.#assign(head, "uri", completion ? "ref.uri" : "uri", isText);
    const progress = method === "notifications/progress";
    this.#assign(head, "token", progress ? "progressToken" : "_meta.progressToken", isRequestId);
    this.#assign(head, "requestId", "requestId", isRequestId);
    this.#assign(head, "taskId", "taskId", isText);
    if (this.#isTask) head.task = true;
    const cursor = this.#find("cursor")?.value;
    if (isText(cursor)) head.cursor = cursor;
    const version = this.#find(`_meta.${versionKey}`)?.value;
    if (isText(version)) head.version = version;
    const state = this.#find("requestState")?.value;
    if (isText(state)) head.requestState = state;
  }

  #assign(head: MutableHead, field: EditableField, path: string, fits: (value: unknown) => boolean): void {
    const found = this.#find(path);
    if (found === undefined || !fits(found.value)) return;
    (head as Record<string, unknown>)[field] = found.value;
    this.#spans[field] = found.span;
  }

  #find(path: string): Found | undefined {
    return this.#found.find((found) => found.path === path);
  }

  #inside(parent: string, ...keys: string[]): void {
    const scanner = this.#scanner;
    if (this.#parents.includes(parent)) throw duplicateKey(parent);
    this.#parents.push(parent);
    if (scanner.peek() !== 0x7b) {
      scanner.skip();
      return;
    }
    for (let key = scanner.firstKey(); key !== undefined; key = scanner.nextKey()) {
      if (keys.includes(key)) this.#take(`${parent}.${key}`);
      else if (looksLike(key, paramsKeys)) throw lookalike(key);
      else scanner.skip();
    }
  }

  #task(): void {
    this.#isTask = this.#scanner.peek() === 0x7b;
    this.#scanner.skip();
  }

  #take(path: string): void {
    if (this.#find(path)) throw duplicateKey(path);
    const { value, span } = this.#scanner.scalar();
    this.#found.push({ path, value, span });
  }
}

/** Says which revision a request of the modern era is in. */
export const versionKey = "io.modelcontextprotocol/protocolVersion";

/** Keys that this scan acts upon, folded. */
const topLevelKeys = new Set(["jsonrpc", "id", "method", "params", "result", "error"]);
const paramsKeys = new Set([
  "name",
  "uri",
  "cursor",
  "progresstoken",
  "requestid",
  "requeststate",
  "taskid",
  "_meta",
  "ref",
  versionKey.toLowerCase(),
]);
const ownMethods = /^(tools|prompts|resources|completion|tasks|notifications)\//;
const maxRequestNodes = 250_000;

/**
 * Whether a lenient parser would take a key for one of these, so that it and this scan would see different messages.
 * The keys themselves are told apart before.
 */
function looksLike(key: string, folded: ReadonlySet<string>): boolean {
  if (trustedKeys.has(key)) return false;
  return folded.has(foldedKey(key));
}

/** The keys themselves, and one that every call has: folding it costs as much as reading it. */
const trustedKeys = new Set([
  ...topLevelKeys,
  "name",
  "uri",
  "cursor",
  "progressToken",
  "requestId",
  "requestState",
  "taskId",
  "_meta",
  "ref",
  "arguments",
]);

function lookalike(key: string): OmgError {
  return invalid(`The key ${JSON.stringify(key)} looks like one of the protocol's but is not`);
}

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

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isRequestId(value: unknown): value is RequestId {
  return isText(value) || (typeof value === "number" && Number.isSafeInteger(value));
}

function invalid(message: string): OmgError {
  return new OmgError("invalid_request", { message });
}
