import { Readable } from "node:stream";
import { type Dispatcher, errors } from "undici";
import type { Signal } from "./call-signal.ts";
import type { Headers } from "./failures.ts";

/**
 * What came back, with all of its body if that is short JSON or was there at once, else with a body that must be read, let go
 * or destroyed.
 */
export interface HttpResponse {
  /** Any HTTP status: a request rejects only when no answer comes. */
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: Headers;
  /** As it was sent. */
  readonly body: Readable | Buffer;
}

/** Of a body that is taken in before anybody asks for it. */
const shortBytes = 64 * 1024;

/**
 * Sends a request, and resolves with the answer. Does what `undici.request` does, which makes a stream and an asynchronous
 * resource for each answer: a third of what a small call costs, measured on the dispatcher alone.
 */
export function exchange(
  dispatcher: Dispatcher,
  { signal, failureOf, ...options }: ExchangeOptions,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    dispatcher.dispatch(options, new Exchange({ signal, failureOf, resolve, reject }));
  });
}

export interface ExchangeOptions extends Omit<Dispatcher.DispatchOptions, "signal"> {
  readonly signal: Signal | undefined;
  /** What an answer that breaks off on its way is destroyed with. */
  readonly failureOf: (error: Error) => Error;
}

interface ExchangeParts extends Pick<ExchangeOptions, "signal" | "failureOf"> {
  readonly resolve: (response: HttpResponse) => void;
  readonly reject: (error: unknown) => void;
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #parts: ExchangeParts;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: Headers = {};
  #stream: Body | undefined;
  #isOver = false;

  constructor(parts: ExchangeParts) {
    this.#parts = parts;
    parts.signal?.addEventListener("abort", this.#giveUp, { once: true });
    if (parts.signal?.aborted) this.#giveUp();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { signal } = this.#parts;
    this.#controller = controller;
    if (signal?.aborted) controller.abort(signal.reason as Error);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // Not the answer yet.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
    if (isEncoded(headers)) this.#open(controller);
    // What came with the head is taken in by then. A stream and its reader cost a small answer 8 of 57 µs.
    else if (status !== 200 || !isShortJson(headers)) void parsed.then(() => this.#open(controller));
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#stream) this.#chunks.push(chunk);
    else if (!this.#stream.push(chunk)) controller.pause();
  }

  onResponseEnd(): void {
    this.#isOver = true;
    this.#forget();
    if (this.#stream) {
      this.#stream.push(null);
      return;
    }
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first ? first : Buffer.concat(this.#chunks);
    this.#parts.resolve({ status: this.#status, headers: this.#headers, body });
  }

  onResponseError(_controller: unknown, error: Error): void {
    this.#isOver = true;
    this.#forget();
    this.#stream?.destroy(this.#parts.failureOf(error));
    this.#parts.reject(error);
  }

  /** The rest of the body comes as a stream, unless there is none. */
  #open(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) return;
    this.#stream = new Body(controller);
    for (const chunk of this.#chunks.splice(0)) this.onResponseData(controller, chunk);
    this.#parts.resolve({ status: this.#status, headers: this.#headers, body: this.#stream });
  }

  readonly #giveUp = (): void => {
    const reason = this.#parts.signal?.reason as Error;
    this.#stream?.destroy(reason);
    this.#controller?.abort(reason);
    this.#parts.reject(reason);
  };

  #forget(): void {
    this.#parts.signal?.removeEventListener("abort", this.#giveUp);
  }
}

/** Ends the connection when it is destroyed before its end. */
class Body extends Readable {
  readonly #controller: Dispatcher.DispatchController;

  constructor(controller: Dispatcher.DispatchController) {
    super();
    this.#controller = controller;
    // What is destroyed on purpose reports an error that nobody waits for.
    this.on("error", () => {});
  }

  override _read(): void {
    this.#controller.resume();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const why = error ?? (this.readableEnded ? null : new errors.RequestAbortedError());
    if (why) this.#controller.abort(why);
    done(why);
  }
}

/** Settled: what follows it runs when the bytes that have arrived are parsed. */
const parsed = Promise.resolve();

function isEncoded(headers: Headers): boolean {
  return headers["content-encoding"] !== undefined;
}

function isShortJson(headers: Headers): boolean {
  const length = headers["content-length"];
  return (
    typeof length === "string" &&
    Number(length) <= shortBytes &&
    String(headers["content-type"]).startsWith("application/json")
  );
}
