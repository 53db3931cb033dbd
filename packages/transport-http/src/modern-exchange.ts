import type { ServerResponse } from "node:http";
import type { Frame } from "@omg/core";
import type { Accepts } from "./accept.ts";
import { answerStatus } from "./answer-status.ts";
import type { HttpContext } from "./context.ts";
import { countStream, eventStream } from "./event-streams.ts";
import { Refusal, sendJson } from "./http-errors.ts";
import type { Waiting } from "./patience.ts";
import { messageEvent } from "./sse-event.ts";
import type { SseStream } from "./sse-stream.ts";

export interface ModernExchangeOptions {
  readonly context: HttpContext;
  readonly accepts: Accepts;
  /** Whether the client asks to hear of changes: such a request stays open as long as both sides live. */
  readonly listens: boolean;
}

/**
 * One POST of the modern era and its answer: a single JSON document where possible, an event stream once something must
 * go before the answer or it takes long. There is no coming back: a client that leaves has cancelled.
 */
export class ModernExchange implements Waiting {
  place = -1;
  until = 0;
  readonly #outgoing: ServerResponse;
  readonly #options: ModernExchangeOptions;
  readonly #left = new AbortController();
  #stream: SseStream | undefined;
  #answered = false;

  constructor(outgoing: ServerResponse, options: ModernExchangeOptions) {
    const { context, accepts, listens } = options;
    this.#outgoing = outgoing;
    this.#options = options;
    if (listens) {
      if (!accepts.stream) throw new Refusal(406, "Accept must include text/event-stream to listen");
      countStream(context, outgoing);
    } else context.inFlight.enter();
    if (accepts.stream) context.patience.start(this);
    outgoing.once("close", () => this.#closed());
  }

  /** Aborted when the client leaves before its answer. */
  get signal(): AbortSignal {
    return this.#left.signal;
  }

  /** A client that waits for long gets a sign of life. */
  onLong(): void {
    this.#open()?.comment();
  }

  /** Sends a message ahead of the answer, if the client can take it. */
  tell(frame: Frame): void {
    const stream = this.#answered ? undefined : this.#open();
    if (stream === undefined) this.#options.context.counters.droppedFrames++;
    else stream.write(messageEvent(frame));
  }

  /** Sends the answer, which ends the exchange. */
  answer(frame: Frame): void {
    this.#finish();
    const { context, accepts } = this.#options;
    const { status, headers } = answerStatus(frame);
    // A refusal is told by its status, which an event stream does not have.
    if (this.#stream === undefined && (accepts.json || status !== 200)) {
      if (this.#outgoing.destroyed) context.counters.droppedFrames++;
      sendJson(this.#outgoing, status, frame.text ?? frame.pieces, headers);
      return;
    }
    const stream = this.#open();
    if (stream === undefined) context.counters.droppedFrames++;
    else stream.end(messageEvent(frame));
  }

  /** Ends the exchange without an answer. */
  abandon(): void {
    this.#finish();
  }

  /** The event stream, opened at the first need; `undefined` if the client takes none or left before it was. */
  #open(): SseStream | undefined {
    if (this.#stream !== undefined) return this.#stream;
    const { context, accepts } = this.#options;
    if (!accepts.stream || this.#outgoing.destroyed) return undefined;
    context.patience.stop(this);
    this.#stream = eventStream(context, this.#outgoing, { session: undefined });
    return this.#stream;
  }

  #finish(): void {
    if (this.#answered) return;
    this.#answered = true;
    this.#options.context.patience.stop(this);
    if (!this.#options.listens) this.#options.context.inFlight.leave();
  }

  #closed(): void {
    this.#options.context.patience.stop(this);
    if (!this.#answered) this.#left.abort();
  }
}
