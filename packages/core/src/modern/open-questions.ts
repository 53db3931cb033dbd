import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";

const maxOpen = 32;

interface Open {
  readonly question: Frame;
  resolve(answer: Frame): void;
  reject(error: unknown): void;
}

/** What a server has asked for the sake of one call, under keys of ours, until the client answers. */
export class OpenQuestions {
  readonly #open = new Map<string, Open>();
  #lastKey = 0;
  #ended: (() => OmgError) | undefined;

  get size(): number {
    return this.#open.size;
  }

  get all(): Map<string, Frame> {
    return new Map([...this.#open].map(([key, { question }]) => [key, question]));
  }

  /** Resolves with the client's answer; rejects when the server withdraws the question. */
  ask(question: Frame, signal: AbortSignal): Promise<Frame> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended();
      signal.throwIfAborted();
      if (this.#open.size >= maxOpen) throw tooManyError();
      const key = `q${++this.#lastKey}`;
      const onAbort = () => this.#take(key)?.reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      const settled = () => signal.removeEventListener("abort", onAbort);
      this.#open.set(key, {
        question,
        resolve(answer) {
          settled();
          resolve(answer);
        },
        reject(error) {
          settled();
          reject(error);
        },
      });
    });
  }

  /** What answers no open question is ignored, as MCP asks. */
  answer(key: string, answer: Frame): void {
    this.#take(key)?.resolve(answer);
  }

  refuse(key: string, error: unknown): void {
    this.#take(key)?.reject(error);
  }

  /** Nobody will answer any more, whatever is still asked. An error is made only for who hears it: it costs 5 µs. */
  end(why: () => OmgError): void {
    this.#ended ??= why;
    for (const key of [...this.#open.keys()]) this.refuse(key, why());
  }

  #take(key: string): Open | undefined {
    const open = this.#open.get(key);
    this.#open.delete(key);
    return open;
  }
}

function tooManyError(): OmgError {
  return new OmgError("overloaded", {
    detail: "inflight",
    message: `${maxOpen} questions of the server wait for this client already`,
  });
}
