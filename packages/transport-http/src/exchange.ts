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

/** The session that a POST belongs to. */
export interface ExchangeOwner {
  readonly context: HttpContext;
  readonly sessionId: string;
  readonly events: EventStore;
  /** The client does not read its event stream, and was cut off. */
  giveUp(exchange: Exchange): void;
}

/** A POST that waits for answers. */
export interface Post {
  readonly outgoing: ServerResponse;
  readonly accepts: Accepts;
  /** It opens the session, which its answer tells the client: unless that is an error, then this is called. */
  readonly onRefused?: (() => void) | undefined;
}

/**
 * One POST and its answer: a single JSON document where possible, an event stream once something must go before the
 * answer, it takes long, or the server answers on one. A client that goes away cancels nothing; what it would have got is
 * kept if it can come back for it, else dropped.
 */
export class Exchange implements Waiting {
  place = -1;
  until = 0;
  readonly #owner: ExchangeOwner;
  readonly #post: Post;
  #owed: number;
  #stream: ResumableStream | undefined;

  /** `owed`: how many answers are owed; one, but for a batch. */
  constructor(owner: ExchangeOwner, post: Post, owed: number) {
    this.#owner = owner;
    this.#post = post;
    this.#owed = owed;
    const { inFlight, patience } = owner.context;
    inFlight.enter();
    if (post.accepts.stream) patience.start(this);
  }

  /** Whether the client takes an event stream as the answer. */
  get streams(): boolean {
    return this.#post.accepts.stream;
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
    if (this.#owner.events.mayPause) this.#open({ prime: false })?.pause(retryMs);
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
    if (frame.head.kind === "error" || !given) this.#post.onRefused?.();
  }

  /** The client withdrew a request: no answer will follow, as far as HTTP can say so. */
  withdraw(id: RequestId): void {
    const { stream } = this.#post.accepts;
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
      if (this.#post.outgoing.destroyed) return false;
      const { accepts, outgoing } = this.#post;
      const headers = this.#sessionHeader(frame);
      if (accepts.json && !(streamed && accepts.stream)) {
        sendJson(outgoing, 200, frame.text ?? frame.pieces, headers);
        return true;
      }
      if (accepts.stream && frame.text !== undefined) {
        sendLoneEvent(outgoing, frame.text, headers);
        return true;
      }
    }
    return this.#open({ prime: false, answer: frame })?.end(frame) ?? false;
  }

  /** The event stream, opened at the first need; `undefined` if the client takes none or left before it was. */
  #open({ prime = true, answer }: { prime?: boolean; answer?: Frame } = {}): ResumableStream | undefined {
    if (this.#stream !== undefined) return this.#stream;
    const { accepts, outgoing } = this.#post;
    const { context, sessionId, events } = this.#owner;
    if (!accepts.stream || outgoing.destroyed) return undefined;
    context.patience.stop(this);
    const headers = this.#sessionHeader(answer);
    const connection = eventStream(context, outgoing, { session: sessionId, headers });
    this.#stream = events.open(connection, { prime, onStall: () => this.#owner.giveUp(this) });
    return this.#stream;
  }

  #sessionHeader(answer: Frame | undefined): OutgoingHttpHeaders | undefined {
    const announces = this.#post.onRefused !== undefined && answer?.head.kind !== "error";
    return announces ? { "mcp-session-id": this.#owner.sessionId } : undefined;
  }

  #finish(): void {
    this.#owner.context.patience.stop(this);
    this.#owner.context.inFlight.leave();
  }

  #drop(): void {
    this.#owner.context.counters.droppedFrames++;
  }
}
