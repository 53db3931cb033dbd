import { randomBytes } from "node:crypto";
import type { HttpContext } from "./context.ts";
import { ResumableStream } from "./resumable-stream.ts";
import type { SseStream } from "./sse-stream.ts";

export interface OpenOptions {
  /** Whether more than the last answer may come. */
  readonly prime: boolean;
  /** The client does not read, on whichever connection, and was cut off. */
  readonly onStall?: (() => void) | undefined;
}

/** Where a client goes on that was cut off. */
export interface Resumption {
  readonly stream: ResumableStream;
  readonly after: number;
}

const EVENT_ID = /^([\w-]{12})\.(\d{1,15})\.(\d{1,15})$/;

/** The event streams of one session, as long as a client may come back to them. Knows no events of other sessions. */
export class EventStore {
  /** The stream for what belongs to no request. */
  readonly standalone: ResumableStream;
  readonly #context: Pick<HttpContext, "clock" | "limits" | "kept">;
  /** Whether the client takes events without data. */
  readonly #primes: () => boolean;
  /** In the order in which they were opened. The stream that belongs to no request is none of them. */
  readonly #streams = new Map<number, ResumableStream>();
  readonly #tag = randomBytes(9).toString("base64url");
  #lastNumber = 0;
  #bytes = 0;

  constructor(context: Pick<HttpContext, "clock" | "limits" | "kept">, primes: () => boolean) {
    this.#context = context;
    this.#primes = primes;
    this.standalone = this.#make(0);
  }

  /** Whether streams may pause until their answer is there: clients come back, and there is room to keep it. */
  get mayPause(): boolean {
    return this.#primes() && this.#bytes <= this.#bound;
  }

  /** Begins the stream of a request. */
  open(connection: SseStream, { prime, onStall }: OpenOptions): ResumableStream {
    const number = ++this.#lastNumber;
    const stream = this.#make(number, onStall);
    this.#streams.set(number, stream);
    stream.connect(connection, { prime: prime && this.#primes() });
    return stream;
  }

  /** Goes on with a stream, or begins it anew, over a connection that a GET brought. */
  connect(stream: ResumableStream, connection: SseStream, after?: number): void {
    stream.connect(connection, { after, prime: this.#primes() });
  }

  /** Where an id stands; `over` if all of its stream was sent or given up, `undefined` if it is none of this session. */
  find(eventId: string): Resumption | "over" | undefined {
    const [, tag, number, sequence] = EVENT_ID.exec(eventId) ?? [];
    if (tag !== this.#tag) return undefined;
    const after = Number(sequence);
    if (Number(number) === 0) return { stream: this.standalone, after };
    if (Number(number) > this.#lastNumber) return undefined;
    const stream = this.#streams.get(Number(number));
    return stream?.continuesAfter(after) ? { stream, after } : "over";
  }

  /** Gives up the streams whose clients had their time to come back. */
  expire(now: number): void {
    for (const stream of this.#streams.values())
      if (stream.isPast(now, this.#context.limits)) stream.forget();
  }

  /** Gives up everything; ends what is open. */
  close(): void {
    for (const stream of [...this.#streams.values(), this.standalone]) {
      stream.end();
      stream.forget();
    }
  }

  #make(number: number, onStall?: () => void): ResumableStream {
    const { clock, limits } = this.#context;
    const stream: ResumableStream = new ResumableStream({
      prefix: `${this.#tag}.${number}.`,
      clock,
      limits,
      onKept: (bytes) => this.#resize(bytes, stream),
      onOver: () => this.#streams.delete(number),
      onStall,
    });
    return stream;
  }

  #resize(bytes: number, stream: ResumableStream): void {
    this.#bytes += bytes;
    this.#context.kept.bytes += bytes;
    if (bytes > 0 && this.#bytes > this.#bound) this.#makeRoom(stream);
  }

  get #bound(): number {
    const { kept, limits } = this.#context;
    return kept.bytes > limits.resumeTotalBytes ? 0 : limits.resumeSessionBytes;
  }

  /** Mere events go first, then whole streams that have ended, those that were sent first; the latest answer stays. */
  #makeRoom(latest: ResumableStream): void {
    const bound = this.#bound;
    const streams = [...this.#streams.values(), this.standalone];
    for (const stream of streams) while (this.#bytes > bound && stream.dropOldest());
    const ended = streams.filter((stream) => stream.ended && stream !== latest);
    for (const stream of [...ended.filter(({ sent }) => sent), ...ended.filter(({ sent }) => !sent)]) {
      if (this.#bytes <= bound) return;
      stream.forget();
    }
  }
}
