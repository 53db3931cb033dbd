import { errorFrame } from "../errors/error-frame.ts";
import { OmgError } from "../runtime/errors.ts";
import { type Frame, type RequestId, rewriteFrame } from "../runtime/frame.ts";
import type { AskOptions } from "../session/call.ts";
import type { Attribution, Cause, Doubt } from "./attribution.ts";
import type { Ledger } from "./ledger.ts";

export interface ServerQuestionsOptions {
  readonly server: string;
  readonly ledger: Ledger;
  readonly attribution: Attribution;
  /** Takes a notification to the server. */
  readonly send: (frame: Frame) => void;
  /** Takes an answer to the server. */
  readonly answer: (frame: Frame) => void;
  /** Asks the one session that the instance is for; undefined when it is shared. */
  readonly askOwner: ((question: Frame, options: AskOptions) => Promise<Frame>) | undefined;
}

/** What one instance has asked of a client (sampling, elicitation, roots), until it has its answer. */
export class ServerQuestions {
  readonly #options: ServerQuestionsOptions;
  readonly #open = new Map<RequestId, AbortController>();

  constructor(options: ServerQuestionsOptions) {
    this.#options = options;
  }

  /** Puts a question to the session that caused it, and to no other. `requestId`: of the request whose stream brought it. */
  take(question: Frame, requestId: RequestId | undefined): void {
    const id = question.head.id as RequestId;
    if (this.#open.has(id)) {
      this.#answer(errorFrame(id, twiceError(this.#options.server, id)));
      return;
    }
    const withdrawal = new AbortController();
    this.#open.set(id, withdrawal);
    this.#ask(question, requestId, withdrawal.signal)
      .then(
        (answer) => rewriteFrame(answer, { id }),
        (error: unknown) => errorFrame(id, error),
      )
      .then((answer) => {
        this.#open.delete(id);
        // Who has withdrawn a request expects no answer.
        if (!withdrawal.signal.aborted) this.#answer(answer);
      });
  }

  /** The server does not want to know any more. Returns whether it had asked. */
  withdraw(id: RequestId): boolean {
    const open = this.#open.get(id);
    open?.abort(new OmgError("cancelled", { message: "The server withdrew its request" }));
    return open !== undefined;
  }

  /** The instance is gone: nobody waits for the answers. */
  end(why: OmgError): void {
    for (const open of this.#open.values()) open.abort(why);
    this.#open.clear();
  }

  async #ask(question: Frame, requestId: RequestId | undefined, signal: AbortSignal): Promise<Frame> {
    const { server, attribution, send, askOwner } = this.#options;
    const options = { signal, onProgress: send };
    const cause = attribution.of(question, requestId);
    if (typeof cause === "object") return this.#asking(cause, () => cause.ask(question, options));
    if (askOwner) return askOwner(question, options);
    throw unattributedError(server, question.head.method, cause);
  }

  /** While the client thinks, the time of its calls stands still: which of them waits for it nobody can tell. */
  async #asking<T>({ session }: Cause, ask: () => Promise<T>): Promise<T> {
    const waiting = this.#options.ledger.of(session);
    for (const request of waiting) request.pause();
    try {
      return await ask();
    } finally {
      for (const request of waiting) request.resume();
    }
  }

  #answer(frame: Frame): void {
    this.#options.answer(frame);
  }
}

function unattributedError(server: string, method = "", why: Doubt): OmgError {
  return new OmgError("method_not_found", {
    server,
    message:
      `The gateway can not tell which client ${method} is for: ${why} on this shared instance of ` +
      `server '${server}'. With scope: session in its entry each client has an instance of its own`,
  });
}

function twiceError(server: string, id: RequestId): OmgError {
  const message = `Server '${server}' has a request with the id ${JSON.stringify(id)} in flight`;
  return new OmgError("invalid_request", { server, message });
}
