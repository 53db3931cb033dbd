import type { Clock } from "../clock.ts";
import { isObject } from "../is-object.ts";
import { withoutEnvelope } from "../modern/envelope.ts";
import { Backoff } from "../pool/backoff.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, requestFrame, resultFrame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import { errorText } from "./error-text.ts";
import { announcedLists, filterOf, methodNotFound, subscriptionOf } from "./listen-messages.ts";

export interface ListenOptions {
  readonly server: string;
  readonly clock: Clock;
  /** Milliseconds in which the server has to acknowledge. */
  readonly timeoutMs: number;
  readonly nextId: () => number;
  /** Sends the request that opens a stream; rejects when the stream ends without an answer, as far as the transport can tell. */
  readonly send: (request: Frame, signal: AbortSignal) => Promise<void>;
  /** Tells the server that a stream is not wanted any more. */
  readonly cancel: (id: RequestId) => void;
  readonly onChange: (frame: Frame) => void;
  readonly onDropped: (what: string) => void;
}

/** One `subscriptions/listen`, until either side ends it. */
interface Stream {
  readonly id: number;
  readonly uris: Set<string>;
  readonly abort: AbortController;
  /** By the clock. */
  openedAt: number;
  stopTimer: () => void;
}

interface Waiter {
  readonly uri: string;
  readonly resolve: (answer: Frame) => void;
  readonly reject: (why: OmgError) => void;
}

/**
 * What one instance of the modern era is to tell of changes: its lists, and the resources that somebody subscribed to.
 * MCP 2026-07-28 has one stream for both, which says at its beginning what it is for: to change that, another one is
 * opened before the old one ends, so that nothing is missed.
 */
export class Listen {
  readonly #options: ListenOptions;
  readonly #backoff = new Backoff();
  readonly #wanted = new Set<string>();
  readonly #waiters = new Set<Waiter>();
  #lists: Params = {};
  /** Acknowledged: what it brings counts. */
  #current: Stream | undefined;
  #opening: Stream | undefined;
  #isReviewDue = false;
  #stopRetry = () => {};
  #ended: OmgError | undefined;

  constructor(options: ListenOptions) {
    this.#options = options;
  }

  /** Listens for changes of the lists that the server says it tells of. */
  start(capabilities: Params): void {
    this.#lists = announcedLists(capabilities);
    this.#reviewSoon();
  }

  /** Resolves when the server has agreed to tell of a resource's changes, or with its refusal. */
  subscribe(uri: string, call?: Call): Promise<Frame> {
    return new Promise<Frame>((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      const waiter = { uri, resolve, reject };
      this.#wanted.add(uri);
      this.#waiters.add(waiter);
      this.#reviewSoon();
      call?.holdBy({ giveUp: (error) => this.#refuse(waiter, error) });
    }).finally(() => call?.holdBy(undefined));
  }

  unsubscribe(uri: string): Frame {
    this.#wanted.delete(uri);
    this.#reviewSoon();
    return resultFrame(0, "{}");
  }

  /** Takes a notification of the server if it has to do with this. Returns whether it has. */
  take(frame: Frame): boolean {
    const { method, requestId } = frame.head;
    if (method === "notifications/cancelled") {
      const stream = this.#streamOf(requestId);
      if (stream) this.#over(stream, this.#endedError());
      return stream !== undefined;
    }
    if (method === "notifications/subscriptions/acknowledged") {
      const stream = this.#streamOf(subscriptionOf(frame));
      if (stream && stream === this.#opening) this.#acknowledged(stream, frame);
      else this.#options.onDropped("the beginning of no subscription");
      return true;
    }
    if (!changes.has(method)) return false;
    const id = subscriptionOf(frame);
    // During a change of streams the old one counts until the new one has begun: nothing comes twice.
    if (id === undefined || id === this.#current?.id) this.#options.onChange(withoutEnvelope(frame));
    else this.#options.onDropped(`${method} of no open subscription`);
    return true;
  }

  /** Takes an answer of the server if it ends a stream of this. Returns whether it does. */
  answered(frame: Frame): boolean {
    const stream = this.#streamOf(frame.head.id);
    if (stream) this.#over(stream, frame.head.kind === "error" ? frame : this.#endedError());
    return stream !== undefined;
  }

  /** The conversation is over. */
  end(why: OmgError): void {
    this.#ended = why;
    this.#stopRetry();
    for (const stream of [this.#current, this.#opening]) {
      stream?.stopTimer();
      stream?.abort.abort(why);
    }
    for (const waiter of [...this.#waiters]) this.#refuse(waiter, why);
  }

  /** What is wanted may have changed; several changes at once make one new stream. */
  #reviewSoon(): void {
    if (this.#isReviewDue) return;
    this.#isReviewDue = true;
    queueMicrotask(() => {
      this.#isReviewDue = false;
      this.#review();
    });
  }

  #review(): void {
    if (this.#ended || this.#opening) return;
    this.#stopRetry();
    const current = this.#current;
    const isWanted = this.#wanted.size > 0 || Object.keys(this.#lists).length > 0;
    if (!isWanted) {
      this.#current = undefined;
      if (current) this.#close(current);
    } else if (current && sameItems(current.uris, this.#wanted)) this.#confirm(current);
    else this.#open();
  }

  #open(): void {
    const { clock, timeoutMs, nextId, send } = this.#options;
    const stream: Stream = {
      id: nextId(),
      uris: new Set(this.#wanted),
      abort: new AbortController(),
      openedAt: clock.now(),
      stopTimer: clock.after(timeoutMs, () => {
        this.#close(stream);
        this.#over(stream, this.#lateError());
      }),
    };
    this.#opening = stream;
    const request = requestFrame(stream.id, "subscriptions/listen", {
      notifications: filterOf(this.#lists, stream.uris),
    });
    send(request, stream.abort.signal).catch((error: OmgError) => this.#over(stream, error));
  }

  #acknowledged(stream: Stream, frame: Frame): void {
    const previous = this.#current;
    stream.stopTimer();
    this.#opening = undefined;
    this.#current = stream;
    if (previous) this.#close(previous);
    const message = frame.value();
    const agreed = "params" in message ? message.params?.notifications : undefined;
    const uris = isObject(agreed) ? agreed.resourceSubscriptions : undefined;
    for (const uri of stream.uris) {
      if (!isObject(agreed) || (Array.isArray(uris) && uris.includes(uri))) continue;
      stream.uris.delete(uri);
      for (const waiter of [...this.#waiters])
        if (waiter.uri === uri) this.#refuse(waiter, this.#untoldError(uri));
    }
    this.#confirm(stream);
    this.#reviewSoon();
  }

  /** Who waits for what this stream tells has it. */
  #confirm({ uris }: Stream): void {
    for (const waiter of [...this.#waiters]) {
      if (!uris.has(waiter.uri)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(resultFrame(0, "{}"));
    }
  }

  #refuse(waiter: Waiter, why: OmgError | Frame): void {
    if (!this.#waiters.delete(waiter)) return;
    const { uri } = waiter;
    if (![...this.#waiters].some((other) => other.uri === uri) && !this.#current?.uris.has(uri)) {
      this.#wanted.delete(uri);
    }
    if (OmgError.is(why)) waiter.reject(why);
    else waiter.resolve(why);
    this.#reviewSoon();
  }

  #close(stream: Stream): void {
    this.#options.cancel(stream.id);
    stream.abort.abort();
  }

  /** A stream has ended, or never began. What it was for and was not asked just now is still wanted, a little later. */
  #over(stream: Stream, why: OmgError | Frame): void {
    const { clock } = this.#options;
    stream.stopTimer();
    if (stream === this.#opening) {
      this.#opening = undefined;
      for (const waiter of [...this.#waiters]) if (stream.uris.has(waiter.uri)) this.#refuse(waiter, why);
      // Who does not know the method will not learn it.
      if (OmgError.is(why) || !methodNotFound(why)) this.#retryAfter(this.#backoff.startFailed());
      this.#options.onDropped(`a subscription that did not begin (${textOf(why)})`);
    } else if (stream === this.#current) {
      this.#current = undefined;
      if (!this.#opening) this.#retryAfter(this.#backoff.instanceLost(clock.now() - stream.openedAt));
    }
  }

  #retryAfter(ms: number): void {
    if (this.#ended) return;
    this.#stopRetry();
    this.#stopRetry = this.#options.clock.after(ms, () => this.#review());
  }

  #streamOf(id: unknown): Stream | undefined {
    return [this.#current, this.#opening].find((stream) => stream && stream.id === id);
  }

  #endedError(): OmgError {
    return this.#error("ended the subscription");
  }

  #lateError(): OmgError {
    return this.#error("did not acknowledge the subscription in time");
  }

  #error(what: string): OmgError {
    const { server } = this.#options;
    return new OmgError("upstream_protocol_error", { server, message: `Server '${server}' ${what}` });
  }

  #untoldError(uri: string): OmgError {
    const { server } = this.#options;
    const message = `Server '${server}' does not tell of changes of ${uri}`;
    return new OmgError("bad_params", { server, message });
  }
}

const changes: ReadonlySet<string | undefined> = new Set([
  "notifications/tools/list_changed",
  "notifications/prompts/list_changed",
  "notifications/resources/list_changed",
  "notifications/resources/updated",
]);

function sameItems(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return a.size === b.size && [...a].every((item) => b.has(item));
}

function textOf(why: OmgError | Frame): string {
  return OmgError.is(why) ? why.message : errorText(why.value());
}
