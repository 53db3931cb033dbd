import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";

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
  #onCancel: ((error: OmgError) => void) | undefined;

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
    this.#onCancel?.(this.#cancelled);
  }

  /** Who has the call at the moment hears of its cancellation; the previous holder no longer does. */
  whenCancelled(action: ((error: OmgError) => void) | undefined): void {
    this.#onCancel = action;
    if (this.#cancelled) action?.(this.#cancelled);
  }
}
