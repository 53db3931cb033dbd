import { ClusterFailure } from "./cluster-failure.ts";

/** Ends a request that is late, or that its caller gives up. */
export class Deadline {
  readonly signal: AbortSignal;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(ms: number, signal: AbortSignal | undefined) {
    this.signal = signal ? AbortSignal.any([signal, this.#ending.signal]) : this.#ending.signal;
    this.#timer = setTimeout(() => this.abort(new ClusterFailure(`no answer within ${ms / 1000} s`)), ms);
  }

  /** What is under way may take as long as it likes from here on. */
  clear(): void {
    clearTimeout(this.#timer);
  }

  abort(why?: ClusterFailure): void {
    this.clear();
    this.#ending.abort(why);
  }

  /** What an error means that came before or after the end. */
  failure(error: unknown): ClusterFailure {
    return ClusterFailure.of(this.signal.aborted ? this.signal.reason : error);
  }
}
