import type { Era } from "../era.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame, RequestId } from "../runtime/frame.ts";
import type { StreamCloseOptions } from "../runtime/transport.ts";
import type { MirroredArgument } from "../upstream/mirrored-headers.ts";
import type { LogLevel } from "./log-level.ts";
import type { Translator } from "./translator.ts";

/** Who has a call at the moment. */
export interface CallHolder {
  /** The call is cancelled; `error` says why. */
  giveUp(error: OmgError): void;
}

export interface AskOptions {
  /** The call of the client that made the server ask; it decides the stream the question travels on. */
  readonly call?: RequestId | undefined;
  /** The server does not want to know any more. */
  readonly signal: AbortSignal;
  /** The client says how far it is; the frame carries the question's own progress token. */
  onProgress(frame: Frame): void;
}

/** The client that a call came from. */
export interface Caller {
  /** Its session. */
  readonly id: string;
  /** Who it is across requests without a session. Absent: its session is all that is known. */
  readonly principal?: string | undefined;
  readonly era: Era;
  /** The session whose instance answers where each session has its own. Default: that of `id`. */
  readonly seat?: string;
  /** What it can do, in its own words. */
  readonly capabilities: Readonly<Record<string, unknown>>;
  /** What it wants of log messages, if it has said so. */
  readonly logLevel?: LogLevel | undefined;
  /** Takes a frame to the client; `call` is its request that the frame belongs to. */
  tell(frame: Frame, call?: RequestId): void;
  /** Takes something to the client that belongs to none of its calls, in the words of the server it comes from. */
  relay(server: string, frame: Frame): void;
  /** Puts a server's request to the client. Resolves with the client's answer, an error included; rejects without one. */
  ask(question: Frame, options: AskOptions): Promise<Frame>;
  /** The server has ended the stream of this call ahead of its answer. Absent: the client just waits for that. */
  closeStream?(call: RequestId, options: StreamCloseOptions): void;
}

/** One request on its way through the gateway, from its arrival to its one answer. */
export class Call {
  readonly frame: Frame;
  readonly caller: Caller;
  /** How often the gateway itself has told the caller of progress. */
  ownProgress = 0;
  /** How the server that answers and the client word things differently, if they do. */
  translator: Translator | undefined;
  /** Whether the server's answer came on an event stream. */
  streamed = false;
  /** Headers that mirror arguments (`Mcp-Param-…`); undefined where the client has none to send. */
  headers: Readonly<Record<string, string>> | undefined;
  /** The arguments that the gateway has found in the headers, where it must look. */
  mirrored: readonly MirroredArgument[] = [];
  #cancelled: OmgError | undefined;
  #holder: CallHolder | undefined;

  constructor(frame: Frame, caller: Caller) {
    this.frame = frame;
    this.caller = caller;
  }

  /** The session it came from. */
  get session(): string {
    return this.caller.id;
  }

  /** The session whose instance answers it where each session has its own. */
  get seat(): string {
    return this.caller.seat ?? this.caller.id;
  }

  get cancelled(): OmgError | undefined {
    return this.#cancelled;
  }

  /** Takes a frame to the caller ahead of the answer, unless the caller wants none any more. */
  tell(frame: Frame): void {
    if (!this.#cancelled) this.caller.tell(this.translator?.down(frame) ?? frame, this.frame.head.id);
  }

  /** Puts a request of the server that answers this call to the caller. */
  async ask(question: Frame, options: Omit<AskOptions, "call">): Promise<Frame> {
    const { translator, caller } = this;
    const answer = await caller.ask(translator?.down(question) ?? question, {
      ...options,
      call: this.frame.head.id,
    });
    return translator?.up(answer) ?? answer;
  }

  /** The server wants no open connection until it answers: the caller need not have one either. */
  closeStream(options: StreamCloseOptions): void {
    const { id } = this.frame.head;
    if (id !== undefined) this.caller.closeStream?.(id, options);
  }

  cancel(why = "The caller cancelled the request"): void {
    if (this.#cancelled) return;
    this.#cancelled = new OmgError("cancelled", { message: why });
    this.#holder?.giveUp(this.#cancelled);
  }

  /** The holder hears of the call's cancellation, at once if it has happened; the previous one no longer does. */
  holdBy(holder: CallHolder | undefined): void {
    this.#holder = holder;
    if (this.#cancelled) holder?.giveUp(this.#cancelled);
  }

  /** Waits for what goes on whether the call is cancelled or not; rejects when it is. */
  async waitFor<T>(event: Promise<T>): Promise<T> {
    try {
      return await new Promise<T>((resolve, reject) => {
        this.holdBy({ giveUp: reject });
        event.then(resolve, reject);
      });
    } finally {
      this.holdBy(undefined);
    }
  }
}
