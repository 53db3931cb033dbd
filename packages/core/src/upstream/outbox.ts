import type { Frame } from "../runtime/frame.ts";

export interface OutboxOptions {
  /** Takes a frame to the server. */
  readonly send: (frame: Frame) => Promise<void>;
  readonly onDropped: (what: string) => void;
}

/** Answers that may wait to be sent: a server that asks faster than it listens gets no more. */
const maxWaiting = 1024;
/** Answers that may be on their way at once: over HTTP each takes a connection. */
const maxUnderway = 32;

/** What goes to one instance without an answer: if it can not be sent, nobody waits to hear that, and it is dropped. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: Frame[] = [];
  #underway = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  notify(frame: Frame): void {
    void this.#send(frame);
  }

  answer(frame: Frame): void {
    if (this.#waiting.length >= maxWaiting) this.#dropped(frame);
    else this.#waiting.push(frame);
    this.#sendWaiting();
  }

  #sendWaiting(): void {
    while (this.#underway < maxUnderway) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#underway++;
      void this.#send(next).then(() => {
        this.#underway--;
        this.#sendWaiting();
      });
    }
  }

  /** Never rejects: what could not be sent is no reason for what may end the connection later. */
  #send(frame: Frame): Promise<void> {
    return this.#options.send(frame).catch(() => this.#dropped(frame));
  }

  #dropped({ head }: Frame): void {
    this.#options.onDropped(`${head.method ?? "an answer"} to the server`);
  }
}
