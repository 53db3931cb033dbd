import type { Clock } from "../clock.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, notificationFrame, type RequestId, rewriteFrame } from "../runtime/frame.ts";
import type { AskOptions } from "./call.ts";

/** Questions of servers that may wait for one client at once. */
const maxOpen = 32;
/** Longest wait for a client: a person may have to read and think. */
const answerMs = 600_000;

interface Open {
  readonly question: Frame;
  readonly onProgress: (frame: Frame) => void;
  settle(): void;
  resolve(answer: Frame): void;
  reject(error: OmgError): void;
}

export interface QuestionEvents {
  /** Takes a frame to the client; `call` decides the stream. Rejects when the client can not get it. */
  send(frame: Frame, call: RequestId | undefined): Promise<void>;
  /** The client answered something that nobody asked, or no longer wants to know. */
  onDropped(what: string): void;
}

/** What servers have asked one client, under ids of our own, until the client answers. */
export class Questions {
  readonly #clock: Clock;
  readonly #events: QuestionEvents;
  readonly #open = new Map<RequestId, Open>();
  #lastId = 0;
  #ended: OmgError | undefined;

  constructor(clock: Clock, events: QuestionEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  get size(): number {
    return this.#open.size;
  }

  /**
   * Resolves with the client's answer, under whatever id. Rejects when it is withdrawn, late, or can not be asked. The
   * client gets it when it is `ready`; its time runs from the beginning.
   */
  ask(question: Frame, { call, signal, onProgress }: AskOptions, ready?: Promise<void>): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended;
      signal.throwIfAborted();
      if (this.#open.size >= maxOpen) throw tooManyError();
      const id = ++this.#lastId;
      const withdraw = (error: OmgError) => {
        if (!this.#take(id)) return;
        this.#withdrawn(id, error.message, call);
        reject(error);
      };
      const onAbort = () => withdraw(signal.reason as OmgError);
      const stopTimer = this.#clock.after(answerMs, () => withdraw(lateError()));
      signal.addEventListener("abort", onAbort, { once: true });
      this.#open.set(id, {
        question,
        onProgress,
        resolve,
        reject,
        settle() {
          stopTimer();
          signal.removeEventListener("abort", onAbort);
        },
      });
      // Our id is unique in this session, so it serves as the progress token too.
      const asked = rewriteFrame(question, { id, token: id });
      const send = () => {
        if (this.#open.has(id)) {
          this.#events.send(asked, call).catch((error: OmgError) => this.#take(id)?.reject(error));
        }
      };
      if (ready) void ready.then(send);
      else send();
    });
  }

  answer(frame: Frame): void {
    const open = frame.head.id === undefined ? undefined : this.#take(frame.head.id);
    if (open) open.resolve(frame);
    else this.#events.onDropped("an answer to no question of a server");
  }

  progress(frame: Frame): void {
    const { token } = frame.head;
    const open = token === undefined ? undefined : this.#open.get(token);
    const theirs = open?.question.head.token;
    if (!open || theirs === undefined) this.#events.onDropped("progress of no question of a server");
    else open.onProgress(rewriteFrame(frame, { token: theirs }));
  }

  /** The client is gone: nothing will be answered any more. */
  end(why: OmgError): void {
    this.#ended = why;
    for (const id of [...this.#open.keys()]) this.#take(id)?.reject(why);
  }

  #take(id: RequestId): Open | undefined {
    const open = this.#open.get(id);
    this.#open.delete(id);
    open?.settle();
    return open;
  }

  #withdrawn(requestId: RequestId, reason: string, call: RequestId | undefined): void {
    const frame = notificationFrame("notifications/cancelled", { requestId, reason });
    this.#events.send(frame, call).catch(() => {});
  }
}

function tooManyError(): OmgError {
  return new OmgError("overloaded", {
    detail: "inflight",
    message: `${maxOpen} questions of servers wait for this client already`,
  });
}

function lateError(): OmgError {
  return new OmgError("upstream_timeout", {
    message: `The client did not answer within ${answerMs / 1000} s`,
  });
}
