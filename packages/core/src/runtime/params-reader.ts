import type { MutableHead, MutableSpans } from "./frame-head.ts";
import { invalid, isRequestId, isText } from "./head-fields.ts";
import { duplicateKey } from "./json-members.ts";
import type { JsonScanner, Scalar, Span } from "./json-scanner.ts";
import { lookalike, looksLike } from "./lookalike-keys.ts";

const OPEN_OBJECT = 0x7b;
const NULL = 0x6e;

/** Says which revision a request of the modern era is in. */
export const versionKey = "io.modelcontextprotocol/protocolVersion";

/** Keys that are acted upon, folded. */
const paramsKeys = new Set([
  ...["name", "uri", "cursor", "progresstoken", "requestid", "requeststate", "taskid", "_meta", "ref"],
  versionKey.toLowerCase(),
]);
const ownMethods = /^(tools|prompts|resources|completion|tasks|notifications)\//;

/** Reads the fields of `params` that routing needs; which of them count depends on the method, read maybe later. */
export class ParamsReader {
  readonly #scanner: JsonScanner;
  readonly #spans: MutableSpans;
  // A member each: a list to look through takes a small message three times as long.
  #name: Scalar | undefined;
  #uri: Scalar | undefined;
  #cursor: Scalar | undefined;
  #progressToken: Scalar | undefined;
  #requestId: Scalar | undefined;
  #taskId: Scalar | undefined;
  #requestState: Scalar | undefined;
  #metaToken: Scalar | undefined;
  #metaVersion: Scalar | undefined;
  #refName: Scalar | undefined;
  #refUri: Scalar | undefined;
  #hasMeta = false;
  #hasRef = false;
  #isTask = false;
  #lookalike: string | undefined;

  constructor(scanner: JsonScanner, spans: MutableSpans) {
    this.#scanner = scanner;
    this.#spans = spans;
  }

  read(): Span {
    const scanner = this.#scanner;
    const opening = scanner.peek();
    const start = scanner.position;
    if (opening !== OPEN_OBJECT) {
      const span = scanner.skip();
      if (opening !== NULL) throw invalid('"params" must be an object');
      return span;
    }
    for (let key = scanner.firstKey(); key !== undefined; key = scanner.nextKey()) this.#member(key);
    return { start, end: scanner.position };
  }

  fill(head: MutableHead, method: string): void {
    // A method of another vocabulary may use such keys as it likes: nothing here reads them.
    if (this.#lookalike !== undefined && ownMethods.test(method)) throw lookalike(this.#lookalike);
    const spans = this.#spans;
    const completion = method === "completion/complete";
    const name = completion ? this.#refName : this.#name;
    if (name !== undefined && isText(name.value)) {
      head.name = name.value;
      spans.name = name.span;
    }
    const uri = completion ? this.#refUri : this.#uri;
    if (uri !== undefined && isText(uri.value)) {
      head.uri = uri.value;
      spans.uri = uri.span;
    }
    const token = method === "notifications/progress" ? this.#progressToken : this.#metaToken;
    if (token !== undefined && isRequestId(token.value)) {
      head.token = token.value;
      spans.token = token.span;
    }
    const requestId = this.#requestId;
    if (requestId !== undefined && isRequestId(requestId.value)) {
      head.requestId = requestId.value;
      spans.requestId = requestId.span;
    }
    const taskId = this.#taskId;
    if (taskId !== undefined && isText(taskId.value)) {
      head.taskId = taskId.value;
      spans.taskId = taskId.span;
    }
    if (this.#isTask) head.task = true;
    head.cursor = textIn(this.#cursor);
    head.version = textIn(this.#metaVersion);
    head.requestState = textIn(this.#requestState);
  }

  #member(key: string): void {
    switch (key) {
      case "name":
        this.#name = this.#once(key, this.#name);
        return;
      case "arguments":
        this.#scanner.skip();
        return;
      case "_meta":
        this.#meta();
        return;
      case "uri":
        this.#uri = this.#once(key, this.#uri);
        return;
      case "cursor":
        this.#cursor = this.#once(key, this.#cursor);
        return;
      case "progressToken":
        this.#progressToken = this.#once(key, this.#progressToken);
        return;
      case "requestId":
        this.#requestId = this.#once(key, this.#requestId);
        return;
      case "taskId":
        this.#taskId = this.#once(key, this.#taskId);
        return;
      case "requestState":
        this.#requestState = this.#once(key, this.#requestState);
        return;
      case "task":
        this.#isTask = this.#scanner.peek() === OPEN_OBJECT;
        this.#scanner.skip();
        return;
      case "ref":
        this.#ref();
        return;
      default:
        if (looksLike(key, paramsKeys)) this.#lookalike ??= key;
        this.#scanner.skip();
    }
  }

  #meta(): void {
    if (this.#hasMeta) throw duplicateKey("_meta");
    this.#hasMeta = true;
    this.#inside((key) => {
      if (key === "progressToken") this.#metaToken = this.#once("_meta.progressToken", this.#metaToken);
      else if (key === versionKey) this.#metaVersion = this.#once(`_meta.${versionKey}`, this.#metaVersion);
      else return false;
      return true;
    });
  }

  #ref(): void {
    if (this.#hasRef) throw duplicateKey("ref");
    this.#hasRef = true;
    this.#inside((key) => {
      if (key === "name") this.#refName = this.#once("ref.name", this.#refName);
      else if (key === "uri") this.#refUri = this.#once("ref.uri", this.#refUri);
      else return false;
      return true;
    });
  }

  /** Walks an object in `params`; `take` tells whether it has consumed the value of a key. */
  #inside(take: (key: string) => boolean): void {
    const scanner = this.#scanner;
    if (scanner.peek() !== OPEN_OBJECT) {
      scanner.skip();
      return;
    }
    for (let key = scanner.firstKey(); key !== undefined; key = scanner.nextKey()) {
      if (take(key)) continue;
      if (looksLike(key, paramsKeys)) throw lookalike(key);
      scanner.skip();
    }
  }

  /** Reads a value that there may be one of. */
  #once(path: string, before: Scalar | undefined): Scalar {
    if (before !== undefined) throw duplicateKey(path);
    return this.#scanner.scalar();
  }
}

function textIn(found: Scalar | undefined): string | undefined {
  return found !== undefined && isText(found.value) ? found.value : undefined;
}
