import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";

/** Who has a call at the moment. */
export interface CallHolder {
  /** The call is cancelled; `error` says why. */
  giveUp(error: OmgError): void;
}

/** One request on its way through the gateway, from its arrival to its one answer. */
export class Call {
  readonly frame: Frame;
  /** The session it came from. */
  readonly session: string;
  /** Takes a frame to the caller ahead of the answer. */
  readonly tell: (frame: Frame) => void;
  /** How often the caller was told that a server starts. */
  startProgress = 0;
  #cancelled: OmgError | undefined;
  #holder: CallHolder | undefined;

  constructor(frame: Frame, session: string, tell: (frame: Frame) => void = () => {}) {
    this.frame = frame;
    this.session = session;
    this.tell = tell;
  }

  get cancelled(): OmgError | undefined {
    return this.#cancelled;
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
}
