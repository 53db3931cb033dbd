import type { Clock } from "../clock.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Call, CallHolder } from "../session/call.ts";
import { afterSending } from "./executed.ts";

export interface PatienceOptions {
  readonly server: string;
  readonly clock: Clock;
  readonly call: Call;
  /** Milliseconds that the call may take; the time of its client does not count. */
  readonly maxMs: number;
}

/** How long a call waits for its task: until its time is over, or it is given up. */
export class Patience implements CallHolder {
  readonly #options: PatienceOptions;
  readonly #over = new AbortController();
  readonly #lost: Promise<never>;
  #leftMs: number;
  #since = 0;
  #pauses = 0;
  #stopTimer = () => {};

  constructor(options: PatienceOptions) {
    this.#options = options;
    this.#leftMs = options.maxMs;
    const { signal } = this.#over;
    this.#lost = new Promise((_resolve, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
    this.#lost.catch(() => {});
    this.#startTime();
    options.call.holdBy(this);
  }

  /** Aborted when nobody waits any more. */
  get signal(): AbortSignal {
    return this.#over.signal;
  }

  giveUp(error: OmgError): void {
    this.#over.abort(afterSending(error));
  }

  /** The same promise, which rejects when nobody waits any more. */
  bound<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#lost]);
  }

  /** Lets some time pass. */
  async wait(ms: number): Promise<void> {
    let stop = () => {};
    const passed = new Promise<void>((resolve) => {
      stop = this.#options.clock.after(ms, resolve);
    });
    await this.bound(passed).finally(() => stop());
  }

  /** Lets the client think, who may hold the call for that. */
  async pausing<T>(action: () => Promise<T>): Promise<T> {
    if (this.#pauses++ === 0) this.#stopTime();
    try {
      return await action();
    } finally {
      if (--this.#pauses === 0) this.#startTime();
      this.#options.call.holdBy(this);
    }
  }

  end(): void {
    this.#stopTimer();
    this.#options.call.holdBy(undefined);
  }

  #startTime(): void {
    const { clock, maxMs, server } = this.#options;
    this.#since = clock.now();
    this.#stopTimer = clock.after(this.#leftMs, () => this.giveUp(lateError(server, maxMs)));
  }

  #stopTime(): void {
    this.#stopTimer();
    this.#leftMs -= this.#options.clock.now() - this.#since;
  }
}

function lateError(server: string, ms: number): OmgError {
  return new OmgError("upstream_timeout", {
    server,
    executed: "unknown",
    message: `Server '${server}' did not end the task of this call within ${ms / 1000} s`,
  });
}
