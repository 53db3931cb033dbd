import type { Frame } from "../runtime/frame.ts";

export interface OutboxOptions {
  /** Takes a frame to the server. */
  readonly send: (frame: Frame) => Promise<void>;
  readonly onDropped: (what: string) => void;
}

/** Answers that may be on their way at once: a server that asks faster than it listens gets no more. */
const maxAnswers = 1024;

/** What goes to one instance without an answer: if it can not be sent, nobody waits to hear that, and it is dropped. */
export class Outbox {
  readonly #options: OutboxOptions;
  #answers = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  notify(frame: Frame): void {
    void this.#send(frame);
  }

  answer(frame: Frame): void {
    if (this.#answers >= maxAnswers) {
      this.#dropped(frame);
      return;
    }
    this.#answers++;
    void this.#send(frame).then(() => this.#answers--);
  }

  /** Never rejects: what could not be sent is no reason for what may end the connection later. */
  #send(frame: Frame): Promise<void> {
    return this.#options.send(frame).catch(() => this.#dropped(frame));
  }

  #dropped({ head }: Frame): void {
    this.#options.onDropped(`${head.method ?? "an answer"} to the server`);
  }
}
