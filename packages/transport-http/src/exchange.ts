import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { errorFrame, type Frame, OmgError, type RequestId } from "@omg/core";
import type { Accepts } from "./accept.ts";
import type { HttpContext } from "./context.ts";
import { sendJson } from "./http-errors.ts";
import { SseStream } from "./sse-stream.ts";

export interface ExchangeOptions {
  readonly context: HttpContext;
  readonly accepts: Accepts;
  /** How many answers are owed: one, but for a batch. */
  readonly owed: number;
  readonly session: string;
  /** Whether the answer tells the client its session: unless it is an error, then `onRefused` is called. */
  readonly announce?: boolean | undefined;
  readonly onRefused?: (() => void) | undefined;
}

/**
 * One POST and its answer: a single JSON document where possible, an event stream once something must go before the
 * answer or it takes long. A client that goes away cancels nothing; what it would have got is dropped.
 */
export class Exchange {
  readonly #outgoing: ServerResponse;
  readonly #options: ExchangeOptions;
  readonly #stopPatience: () => void = () => {};
  #owed: number;
  #stream: SseStream | undefined;

  constructor(outgoing: ServerResponse, options: ExchangeOptions) {
    this.#outgoing = outgoing;
    this.#options = options;
    this.#owed = options.owed;
    options.context.inFlight.enter();
    if (options.accepts.stream) {
      this.#stopPatience = options.context.patience.start(() => this.#open()?.comment());
    }
  }

  /** Sends a message that belongs to the request, before its answer. Returns whether the client can get it. */
  relate(frame: Frame): boolean {
    const stream = this.#open();
    stream?.write(frame);
    return stream !== undefined;
  }

  /** Sends an answer; the last one that is owed ends the exchange. */
  answer(frame: Frame): void {
    if (--this.#owed > 0) {
      if (!this.relate(frame)) this.#drop();
      return;
    }
    this.#finish();
    if (this.#outgoing.destroyed) this.#drop();
    else if (this.#stream === undefined && this.#options.accepts.json) this.#sendDocument(frame);
    else this.#open(frame)?.end(frame);
    // A client that left before it knew its session will never use it.
    if (frame.head.kind === "error" || this.#outgoing.destroyed) this.#options.onRefused?.();
  }

  /** The client withdrew a request: no answer will follow, as far as HTTP can say so. */
  withdraw(id: RequestId): void {
    const { stream } = this.#options.accepts;
    if (!stream) {
      this.answer(errorFrame(id, new OmgError("cancelled", { message: "Cancelled by the client" })));
      return;
    }
    if (--this.#owed > 0) return;
    this.#finish();
    this.#open()?.end();
  }

  #sendDocument(frame: Frame): void {
    const { stallMs } = this.#options.context.limits;
    sendJson(this.#outgoing, 200, frame.text ?? frame.pieces, this.#sessionHeader(frame), stallMs);
  }

  /** The event stream, opened at the first need; `undefined` if the client takes none or is gone. */
  #open(first?: Frame): SseStream | undefined {
    const { context, accepts, session } = this.#options;
    if (!accepts.stream || this.#outgoing.destroyed) return undefined;
    this.#stopPatience();
    this.#stream ??= new SseStream(this.#outgoing, {
      limits: context.limits,
      headers: this.#sessionHeader(first),
      onDrop: () => this.#drop(),
      onStall: () => context.emit({ type: "http-stream-stalled", session }),
    });
    return this.#stream;
  }

  #sessionHeader(answer: Frame | undefined): OutgoingHttpHeaders | undefined {
    const { announce, session } = this.#options;
    return announce && answer?.head.kind !== "error" ? { "mcp-session-id": session } : undefined;
  }

  #finish(): void {
    this.#stopPatience();
    this.#options.context.inFlight.leave();
  }

  #drop(): void {
    this.#options.context.counters.droppedFrames++;
  }
}
