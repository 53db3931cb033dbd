import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { Clock } from "@omg/core";
import { answerHeaders } from "./answer-headers.ts";
import type { HttpLimits } from "./limits.ts";
import { loneEvent, type SseEvent } from "./sse-event.ts";
import { watchUnread } from "./unread.ts";

const HEADERS: OutgoingHttpHeaders = {
  ...answerHeaders,
  "content-type": "text/event-stream",
  // Neither proxies nor whoever compresses answers must hold events back.
  "cache-control": "no-store, no-transform",
  "x-accel-buffering": "no",
};
const KEEP_ALIVE = ": keepalive\n\n";

/** Answers with a stream of one small message, in text with one character a byte, and its end: one write. */
export function sendLoneEvent(
  outgoing: ServerResponse,
  message: string,
  headers?: OutgoingHttpHeaders,
): void {
  const event = loneEvent(message);
  outgoing.writeHead(200, { ...HEADERS, "content-length": event.length, ...headers }).end(event, "latin1");
}

export interface SseStreamOptions {
  readonly clock: Pick<Clock, "after">;
  readonly limits: Pick<HttpLimits, "keepAliveMs" | "queueBytes" | "stallMs">;
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** A message was given up for a slow reader. */
  readonly onDrop: () => void;
  /** The reader took nothing, or too little, for too long; its socket is gone. */
  readonly onStall: () => void;
}

/** One connection that carries events. It holds back what a slow reader does not take, up to a limit. */
export class SseStream {
  /** The same as the option, for who gets the stream later. */
  onstall: (() => void) | undefined;
  readonly #outgoing: ServerResponse;
  readonly #options: SseStreamOptions;
  readonly #keepAlive: NodeJS.Timeout;
  #queue: SseEvent[] = [];
  #queuedBytes = 0;
  #blocked = false;
  #stopStall: (() => void) | undefined;

  /** Sends the head of the answer. */
  constructor(outgoing: ServerResponse, options: SseStreamOptions) {
    this.#outgoing = outgoing;
    this.#options = options;
    this.#keepAlive = setInterval(() => this.comment(), options.limits.keepAliveMs).unref();
    outgoing.writeHead(200, { ...HEADERS, ...options.headers });
    watchUnread(outgoing, () => this.#stalled());
    outgoing.on("drain", () => this.#drained());
    outgoing.once("close", () => this.#clear());
  }

  /** Whether nobody can read any more. */
  get closed(): boolean {
    return this.#outgoing.destroyed || this.#outgoing.writableEnded;
  }

  /** Makes the reader see the head now. */
  flush(): void {
    this.#outgoing.flushHeaders();
  }

  /** A sign of life, unless bytes are waiting anyway. */
  comment(): void {
    if (!this.closed && !this.#blocked) this.#blocked = !this.#outgoing.write(KEEP_ALIVE);
  }

  /** Sends an event, maybe later, or never if it is droppable and the reader too slow. */
  write(event: SseEvent): void {
    if (this.closed) {
      this.#options.onDrop();
      return;
    }
    if (this.#blocked) {
      this.#queue.push(event);
      this.#queuedBytes += event.bytes.length;
    } else this.#blocked = !this.#outgoing.write(event.bytes);
    this.#limit();
  }

  /**
   * Ends the stream, after what is queued and a last event; an event and the end go out in one write. `onSent` is called
   * when the operating system has it all.
   */
  end(event?: SseEvent, onSent?: () => void): void {
    if (this.closed) {
      if (event !== undefined) this.#options.onDrop();
      return;
    }
    for (const { bytes } of this.#queue) this.#outgoing.write(bytes);
    this.#queue = [];
    this.#queuedBytes = 0;
    clearInterval(this.#keepAlive);
    if (onSent !== undefined) this.#outgoing.once("finish", onSent);
    if (event === undefined) this.#outgoing.end();
    else this.#outgoing.end(event.bytes);
    this.#limit();
  }

  /** Ends the stream for another connection that takes its place, without waiting for a reader who may be gone. */
  giveWay(): void {
    // Whether this one is read says nothing of the client any more.
    this.onstall = undefined;
    if (this.#blocked) this.#outgoing.destroy();
    else this.end();
  }

  get #unsent(): number {
    return this.#queuedBytes + this.#outgoing.writableLength;
  }

  #limit(): void {
    const { clock, limits } = this.#options;
    const { queueBytes, stallMs } = limits;
    if (this.#unsent <= queueBytes) return;
    this.#stopStall ??= clock.after(stallMs, () => this.#stalled());
    while (this.#unsent > queueBytes && this.#dropOldestHint());
  }

  #dropOldestHint(): boolean {
    const index = this.#queue.findIndex((event) => event.droppable);
    const [dropped] = index === -1 ? [] : this.#queue.splice(index, 1);
    if (dropped === undefined) return false;
    this.#queuedBytes -= dropped.bytes.length;
    this.#options.onDrop();
    return true;
  }

  /** The socket took what it had; each drain is a sign that the reader reads. */
  #drained(): void {
    this.#blocked = false;
    while (!this.#blocked) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      this.#queuedBytes -= next.bytes.length;
      this.#blocked = !this.#outgoing.write(next.bytes);
    }
    if (this.#unsent > this.#options.limits.queueBytes) return;
    this.#endStall();
  }

  #stalled(): void {
    this.#options.onStall();
    this.onstall?.();
    this.#outgoing.destroy();
  }

  #endStall(): void {
    this.#stopStall?.();
    this.#stopStall = undefined;
  }

  #clear(): void {
    clearInterval(this.#keepAlive);
    this.#endStall();
    this.#queue = [];
    this.#queuedBytes = 0;
  }
}
