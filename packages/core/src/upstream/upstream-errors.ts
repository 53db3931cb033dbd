import { OmgError } from "../runtime/errors.ts";

/** What goes wrong between the gateway and one instance of a server, in the words of the contract. */
export class UpstreamErrors {
  readonly #server: string;

  constructor(server: string) {
    this.#server = server;
  }

  connectionFailed(cause: Error): OmgError {
    return this.#closed(`The connection to server '${this.#server}' failed: ${cause.message}`, cause);
  }

  wentAway(exit: string | undefined): OmgError {
    return this.#closed(`Server '${this.#server}' went away${exit ? `: ${exit}` : ""}`);
  }

  sendFailed(cause: unknown): OmgError {
    if (OmgError.is(cause)) return this.named(cause);
    return this.#closed(`The request could not be sent to server '${this.#server}'`, cause);
  }

  badAnswer({ message }: OmgError): OmgError {
    return new OmgError("upstream_protocol_error", {
      server: this.#server,
      executed: "unknown",
      message: `Server '${this.#server}' sent an answer that is not MCP: ${message}`,
    });
  }

  /** An error of the transport, with the server's name. */
  named(error: OmgError): OmgError {
    return new OmgError(error.reason, {
      detail: error.detail,
      server: this.#server,
      executed: error.executed,
      retryAfterMs: error.retryAfterMs,
      message: `Server '${this.#server}': ${error.message}`,
      cause: error,
    });
  }

  full(inFlight: number): OmgError {
    return new OmgError("overloaded", {
      detail: "inflight",
      server: this.#server,
      retryAfterMs: 1000,
      message: `Server '${this.#server}' has ${inFlight} calls in flight, its limit; try again shortly`,
    });
  }

  timedOut(method: string, timeoutMs: number): OmgError {
    return new OmgError("upstream_timeout", {
      server: this.#server,
      executed: "unknown",
      message:
        `Server '${this.#server}' sent neither an answer to ${method} nor progress in time ` +
        `(request_timeout_seconds: ${timeoutMs / 1000})`,
    });
  }

  #closed(message: string, cause?: unknown): OmgError {
    return new OmgError("upstream_closed", { server: this.#server, executed: "unknown", message, cause });
  }
}
