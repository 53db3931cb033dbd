import type { Clock, Frame } from "@omg/core";
import type { HttpLimits } from "./limits.ts";
import { messageEvent, primingEvent, type SseEvent } from "./sse-event.ts";
import type { SseStream } from "./sse-stream.ts";

export interface ResumableStreamOptions {
  /** What the ids of its events begin with. */
  readonly prefix: string;
  readonly clock: Pick<Clock, "now">;
  readonly limits: Pick<HttpLimits, "resumeEvents" | "resumeBytes" | "resumeMs" | "retryMs">;
  /** More is kept now, or less. */
  readonly onKept: (bytes: number) => void;
  /** It has ended and nothing of it is left. */
  readonly onOver: () => void;
  /** Its client does not read, and was cut off. */
  readonly onStall?: (() => void) | undefined;
}

export interface ConnectOptions {
  /** Sends what came after this event, if it is kept. Default: begins anew. */
  readonly after?: number | undefined;
  /** Gives an id to come back with at once. */
  readonly prime: boolean;
}

interface KeptEvent {
  readonly event: SseEvent;
  readonly sequence: number;
  readonly answer: boolean;
}

/** What an event costs beside its bytes. */
const EVENT_COST = 200;

/** One event stream, over all the connections that carry it one after the other. It keeps what a client may have missed. */
export class ResumableStream {
  readonly #options: ResumableStreamOptions;
  readonly #kept: KeptEvent[] = [];
  #bytes = 0;
  #sequence = 0;
  #connection: SseStream | undefined;
  /** Whether the client has an id to come back with. */
  #resumable = false;
  #endedAt: number | undefined;
  #sent = false;
  #wasPaused = false;

  constructor(options: ResumableStreamOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#connection !== undefined && !this.#connection.closed;
  }

  get ended(): boolean {
    return this.#endedAt !== undefined;
  }

  /** Whether all of it was sent, its end included. */
  get sent(): boolean {
    return this.#sent;
  }

  /** Whether its client was told to come back. */
  get wasPaused(): boolean {
    return this.#wasPaused;
  }

  /** Whether a client that comes back with this event finds anything. */
  continuesAfter(sequence: number): boolean {
    return !this.ended || this.#kept.some((kept) => kept.sequence > sequence);
  }

  /** Sends a message. Returns whether the client can get it: now, or when it comes back. */
  send(frame: Frame, { answer = false } = {}): boolean {
    if (this.ended || (!this.connected && !this.#resumable)) return false;
    const event = this.#keep(frame, answer);
    if (!this.connected) return this.#kept.at(-1)?.event === event;
    this.#write(event);
    return true;
  }

  /** A sign of life. */
  comment(): void {
    this.#connection?.comment();
  }

  /** Ends the stream, with its last answer if there is one. Returns whether the client can get that. */
  end(answer?: Frame): boolean {
    if (this.ended) return false;
    this.#endedAt = this.#options.clock.now();
    const { connected } = this;
    // Who has no id yet, can not come back: it gets all of this, or nothing.
    if (answer === undefined || !this.#resumable) {
      if (connected) this.#connection?.end(answer && messageEvent(answer, this.#nextId()));
      this.forget();
      return connected;
    }
    const event = this.#keep(answer, true);
    if (connected) this.#connection?.end(event, () => this.#allSent());
    return true;
  }

  /** Goes on over another connection, and ends the one before. */
  connect(connection: SseStream, { after, prime }: ConnectOptions): void {
    const before = this.#connection;
    this.#connection = connection;
    connection.onstall = this.#options.onStall;
    before?.giveWay();
    if (after === undefined) this.#dropAll();
    const missed = this.#kept.filter(({ sequence }) => sequence > (after ?? 0));
    if (prime && missed.length === 0) this.#write(primingEvent(this.#nextId(), this.#options.limits.retryMs));
    for (const { event } of missed) this.#write(event);
    if (this.ended) connection.end(undefined, () => this.#allSent());
  }

  /** Ends the connection and has the client come back after so many milliseconds. */
  pause(retryMs?: number): void {
    if (!this.connected) return;
    this.#wasPaused = true;
    const { limits } = this.#options;
    // In time for an answer that comes at once.
    const pauseMs = Math.min(retryMs ?? limits.retryMs, Math.floor(limits.resumeMs / 2));
    this.#write(primingEvent(this.#nextId(), pauseMs));
    this.#connection?.end();
  }

  /** Ends the connection, not the stream. */
  disconnect(): void {
    this.#connection?.end();
  }

  /** Gives up the oldest event that is no answer, if there is one. */
  dropOldest(): boolean {
    const index = this.#kept.findIndex(({ answer }) => !answer);
    const [dropped] = index === -1 ? [] : this.#kept.splice(index, 1);
    if (dropped !== undefined) this.#resize(-costOf(dropped));
    return dropped !== undefined;
  }

  /** Gives up all that is kept of a stream that has ended. */
  forget(): void {
    this.#dropAll();
    this.#options.onOver();
  }

  /** Whether it has ended, and the time is over in which its client may come back. */
  isPast(now: number, { resumeMs, resumeSentMs }: Pick<HttpLimits, "resumeMs" | "resumeSentMs">): boolean {
    return this.#endedAt !== undefined && now - this.#endedAt >= (this.#sent ? resumeSentMs : resumeMs);
  }

  #write(event: SseEvent): void {
    this.#resumable = true;
    this.#connection?.write(event);
  }

  #keep(frame: Frame, answer: boolean): SseEvent {
    const event = messageEvent(frame, this.#nextId());
    const kept = { event, sequence: this.#sequence, answer };
    this.#kept.push(kept);
    this.#resize(costOf(kept));
    const { resumeEvents, resumeBytes } = this.#options.limits;
    while (this.#kept.length > resumeEvents || this.#bytes > resumeBytes) if (!this.dropOldest()) break;
    return event;
  }

  #allSent(): void {
    this.#sent = true;
  }

  #dropAll(): void {
    this.#kept.length = 0;
    this.#resize(-this.#bytes);
  }

  #resize(bytes: number): void {
    this.#bytes += bytes;
    this.#options.onKept(bytes);
  }

  #nextId(): string {
    return this.#options.prefix + ++this.#sequence;
  }
}

function costOf({ event }: KeptEvent): number {
  return event.bytes.length + EVENT_COST;
}
