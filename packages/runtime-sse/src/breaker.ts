import { OmgError } from "@omg/core/runtime";
import { asksForPause } from "@omg/upstream-http";

export interface BreakerOptions {
  /** So many requests in a row have failed below HTTP, the last with this. */
  readonly onHopeless: (last: OmgError) => void;
  /** Milliseconds; for tests. */
  readonly now?: () => number;
}

/** Failures in a row that end a conversation. Requests that were in flight together fail together, which is one failure. */
export const maxFailures = 5;

/** Keeps one instance from asking a server that wants to be left alone, or that does not come back. */
export class Breaker {
  readonly #onHopeless: BreakerOptions["onHopeless"];
  readonly #now: () => number;
  #failures = 0;
  /** What the server said, and until when it holds. */
  #pause: { readonly why: OmgError; readonly until: number } | undefined;

  constructor({ onHopeless, now = () => performance.now() }: BreakerOptions) {
    this.#onHopeless = onHopeless;
    this.#now = now;
  }

  /** Sends a request, once. Rejects as `send` does, and at once while the server wants to be left alone. */
  async through(send: () => Promise<void>): Promise<void> {
    this.#mustBeOver();
    const before = this.#failures;
    try {
      await send();
      this.#failures = 0;
    } catch (error) {
      if (OmgError.is(error) && error.reason !== "cancelled") this.#failed(error, before);
      throw error;
    }
  }

  #mustBeOver(): void {
    if (!this.#pause) return;
    const { why, until } = this.#pause;
    const retryAfterMs = Math.ceil(until - this.#now());
    if (retryAfterMs > 0) {
      const message = `${why.message}, ${Math.ceil(retryAfterMs / 1000)} s more`;
      throw new OmgError(why.reason, { detail: why.detail, executed: "no", retryAfterMs, message });
    }
    this.#pause = undefined;
  }

  #failed(error: OmgError, before: number): void {
    if (asksForPause(error)) {
      const until = this.#now() + (error.retryAfterMs ?? 0);
      if (until > (this.#pause?.until ?? 0)) this.#pause = { why: error, until };
    }
    if (!isTransportFailure(error)) this.#failures = 0;
    else if (this.#failures === before && ++this.#failures === maxFailures) this.#onHopeless(error);
  }
}

const transportReasons = new Set(["upstream_closed", "upstream_timeout", "upstream_start_failed"]);

/** Whether there was no HTTP answer, or none that came to its end. */
function isTransportFailure({ reason, detail }: OmgError): boolean {
  return transportReasons.has(reason) && detail !== "session_lost" && !detail?.startsWith("http_");
}
