import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { errorFrame, type Frame, OmgError, type RequestId } from "@omg/core";
import type { Accepts } from "./accept.ts";
import type { HttpContext } from "./context.ts";
import type { EventStore } from "./event-store.ts";
import { eventStream } from "./event-streams.ts";
import { sendJson } from "./http-errors.ts";
import type { Waiting } from "./patience.ts";
import type { ResumableStream } from "./resumable-stream.ts";
import { sendLoneEvent } from "./sse-stream.ts";

export interface ExchangeOptions {
  readonly context: HttpContext;
  readonly accepts: Accepts;
  /** How many answers are owed: one, but for a batch. */
  readonly owed: number;
  readonly session: string;
  /** The session's. */
  readonly events: EventStore;
  /** Whether the answer tells the client its session: unless it is an error, then `onRefused` is called. */
  readonly announce?: boolean | undefined;
  readonly onRefused?: (() => void) | undefined;
  /** The client does not read its event stream, and was cut off. */
  readonly onStall?: ((exchange: Exchange) => void) | undefined;
}

/**
 * One POST and its answer: a single JSON document where possible, an event stream once something must go before the
 * answer, it takes long, or the server answers on one. A client that goes away cancels nothing; what it would have got is
 * kept if it can come back for it, else dropped.
 */
export class Exchange implements Waiting {
  place = -1;
  until = 0;
  readonly #outgoing: ServerResponse;
  readonly #options: ExchangeOptions;
  #owed: number;
  #stream: ResumableStream | undefined;

  constructor(outgoing: ServerResponse, options: ExchangeOptions) {
    this.#outgoing = outgoing;
    this.#options = options;
    this.#owed = options.owed;
    options.context.inFlight.enter();
    if (options.accepts.stream) options.context.patience.start(this);
  }

  /** Whether the client takes an event stream as the answer. */
  get streams(): boolean {
    return this.#options.accepts.stream;
  }

  /** A client that waits for long gets a sign of life. */
  onLong(): void {
    this.#open()?.comment();
  }

  /** Sends a message that belongs to the request, before its answer. Returns whether the client can get it. */
  relate(frame: Frame): boolean {
    return this.#open()?.send(frame) ?? false;
  }

  /** Has the client come back for the answer, if it is of those who do: it need not hold a connection until then. */
  closeStream(retryMs: number | undefined): void {
    if (this.#options.events.mayPause) this.#open({ prime: false })?.pause(retryMs);
  }

  /** Sends an answer; the last one that is owed ends the exchange. `streamed`: rather on an event stream. */
  answer(frame: Frame, { streamed = false } = {}): void {
    if (--this.#owed > 0) {
      if (!this.#open()?.send(frame, { answer: true })) this.#drop();
      return;
    }
    this.#finish();
    const given = this.#give(frame, streamed);
    if (!given) this.#drop();
    // A client that left before it knew its session will never use it.
    if (frame.head.kind === "error" || !given) this.#options.onRefused?.();
  }

  /** The client withdrew a request: no answer will follow, as far as HTTP can say so. */
  withdraw(id: RequestId): void {
    const { stream } = this.#options.accepts;
    if (!stream) {
      const message = "Cancelled by the client";
      this.answer(errorFrame(id, new OmgError("cancelled", { message, executed: "unknown" })));
      return;
    }
    if (--this.#owed > 0) return;
    this.#finish();
    this.#open({ prime: false })?.end();
  }

  /** Sends the last answer. Returns whether the client can get it. */
  #give(frame: Frame, streamed: boolean): boolean {
    if (this.#stream === undefined) {
      if (this.#outgoing.destroyed) return false;
      const { accepts } = this.#options;
      const headers = this.#sessionHeader(frame);
      if (accepts.json && !(streamed && accepts.stream)) {
        sendJson(this.#outgoing, 200, frame.text ?? frame.pieces, headers);
        return true;
      }
      if (accepts.stream && frame.text !== undefined) {
        sendLoneEvent(this.#outgoing, frame.text, headers);
        return true;
      }
    }
    return this.#open({ prime: false, answer: frame })?.end(frame) ?? false;
  }

  /** The event stream, opened at the first need; `undefined` if the client takes none or left before it was. */
  #open({ prime = true, answer }: { prime?: boolean; answer?: Frame } = {}): ResumableStream | undefined {
    if (this.#stream !== undefined) return this.#stream;
    const { context, accepts, session, events, onStall } = this.#options;
    if (!accepts.stream || this.#outgoing.destroyed) return undefined;
    context.patience.stop(this);
    const connection = eventStream(context, this.#outgoing, {
      session,
      headers: this.#sessionHeader(answer),
    });
    this.#stream = events.open(connection, { prime, onStall: () => onStall?.(this) });
    return this.#stream;
  }

  #sessionHeader(answer: Frame | undefined): OutgoingHttpHeaders | undefined {
    const { announce, session } = this.#options;
    return announce && answer?.head.kind !== "error" ? { "mcp-session-id": session } : undefined;
  }

  #finish(): void {
    this.#options.context.patience.stop(this);
    this.#options.context.inFlight.leave();
  }

  #drop(): void {
    this.#options.context.counters.droppedFrames++;
  }
}
