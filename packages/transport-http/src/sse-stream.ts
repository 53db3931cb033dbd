import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { type Frame, oneLine } from "@omg/core";
import type { HttpLimits } from "./limits.ts";

const HEADERS: OutgoingHttpHeaders = {
  "content-type": "text/event-stream",
  "cache-control": "no-store",
  // Proxies must not hold events back.
  "x-accel-buffering": "no",
};
const OPENING = Buffer.from("event: message\ndata: ");
const CLOSING = Buffer.from("\n\n");
const KEEP_ALIVE = ": keepalive\n\n";

export interface SseStreamOptions {
  readonly limits: Pick<HttpLimits, "keepAliveMs" | "queueBytes" | "stallMs">;
  readonly headers?: OutgoingHttpHeaders | undefined;
  /** A message was given up for a slow reader. */
  readonly onDrop: () => void;
  /** The reader took nothing for too long; its socket is gone. */
  readonly onStall: () => void;
}

interface QueuedEvent {
  readonly bytes: Buffer;
  readonly droppable: boolean;
}

/** Writes messages as server-sent events, and holds back what a slow reader does not take, up to a limit. */
export class SseStream {
  readonly #outgoing: ServerResponse;
  readonly #options: SseStreamOptions;
  readonly #keepAlive: NodeJS.Timeout;
  #queue: QueuedEvent[] = [];
  #queuedBytes = 0;
  #blocked = false;
  #stall: NodeJS.Timeout | undefined;

  /** Sends the head of the answer. */
  constructor(outgoing: ServerResponse, options: SseStreamOptions) {
    this.#outgoing = outgoing;
    this.#options = options;
    this.#keepAlive = setInterval(() => this.comment(), options.limits.keepAliveMs).unref();
    outgoing.writeHead(200, { ...HEADERS, ...options.headers });
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

  /** Sends a message, maybe later, or never if it is a mere hint and the reader too slow. */
  write(frame: Frame): void {
    if (this.closed) {
      this.#options.onDrop();
      return;
    }
    const bytes = eventOf(frame);
    if (this.#blocked) {
      this.#queue.push({ bytes, droppable: isHint(frame) });
      this.#queuedBytes += bytes.length;
    } else this.#blocked = !this.#outgoing.write(bytes);
    this.#limit();
  }

  /** Ends the stream, after what is queued and a last message; an event and the end go out in one write. */
  end(frame?: Frame): void {
    if (this.closed) {
      if (frame !== undefined) this.#options.onDrop();
      return;
    }
    for (const { bytes } of this.#queue) this.#outgoing.write(bytes);
    this.#queue = [];
    this.#queuedBytes = 0;
    clearInterval(this.#keepAlive);
    if (frame === undefined) this.#outgoing.end();
    else this.#outgoing.end(eventOf(frame));
    this.#limit();
  }

  get #unsent(): number {
    return this.#queuedBytes + this.#outgoing.writableLength;
  }

  #limit(): void {
    const { queueBytes, stallMs } = this.#options.limits;
    if (this.#unsent <= queueBytes) return;
    this.#stall ??= setTimeout(() => this.#stalled(), stallMs).unref();
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
    clearTimeout(this.#stall);
    this.#stall = undefined;
  }

  #stalled(): void {
    this.#options.onStall();
    this.#outgoing.destroy();
  }

  #clear(): void {
    clearInterval(this.#keepAlive);
    clearTimeout(this.#stall);
    this.#queue = [];
    this.#queuedBytes = 0;
  }
}

function eventOf({ bytes }: Frame): Buffer {
  return Buffer.concat([OPENING, oneLine(bytes), CLOSING]);
}

/** Messages that a client can do without. */
function isHint({ head }: Frame): boolean {
  return head.method === "notifications/progress" || head.method === "notifications/message";
}
