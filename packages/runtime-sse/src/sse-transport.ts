import {
  type Frame,
  type FrameExtra,
  frameOf,
  type JsonRpcMessage,
  OmgError,
  parseFrame,
  type Transport,
} from "@omg/core/runtime";
import { failure, statusFailure } from "./failures.ts";
import { mediaTypeOf, readEvents } from "./read-body.ts";
import type { RemoteTransportOptions } from "./streamable-transport.ts";

export interface SseTransportOptions extends RemoteTransportOptions {
  /** Longest wait for the address to POST to. */
  readonly endpointMs: number;
  /** Gives up the opening. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The HTTP+SSE transport of 2024-11-05 towards a server: everything comes over one stream, and its end is the end of the
 * conversation, since another stream is another session, which knows nothing of this one.
 */
export class SseTransport implements Transport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;

  readonly #options: SseTransportOptions;
  readonly #closing = new AbortController();
  readonly #endpoint = Promise.withResolvers<URL>();
  #closed = false;

  constructor(options: SseTransportOptions) {
    this.#options = options;
    this.#endpoint.promise.catch(() => {});
  }

  /** Opens the stream. Rejects with an `OmgError` when the server does not say where to POST to. */
  async start(): Promise<void> {
    const { url, client, endpointMs, signal } = this.#options;
    const giveUp = () => this.#fail(signal?.reason as OmgError);
    signal?.addEventListener("abort", giveUp, { once: true });
    const late = failure(
      "upstream_start_failed",
      url,
      "does not say where to send messages to (event: endpoint)",
      { detail: "init_timeout", executed: "no" },
    );
    const timer = setTimeout(() => this.#fail(late), endpointMs);
    try {
      const headers = { accept: "text/event-stream" };
      const response = await client.request(url, { method: "GET", headers, signal: this.#closing.signal });
      if (response.status !== 200 || mediaTypeOf(response.headers) !== "text/event-stream") {
        response.body.destroy();
        throw statusFailure(url, response.status === 200 ? 406 : response.status, response.headers);
      }
      this.#closing.signal.addEventListener("abort", () => response.body.destroy(), { once: true });
      readEvents(url, response.body, { onEvent: (event) => this.#take(event), onRetry() {} }).then(
        () => this.#fail(failure("upstream_closed", url, "ended its event stream", { executed: "unknown" })),
        (error: OmgError) => this.#fail(error),
      );
      await this.#endpoint.promise;
    } catch (error) {
      this.#fail(error as OmgError);
      throw this.#closing.signal.reason ?? error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", giveUp);
    }
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  async sendFrame(frame: Frame): Promise<void> {
    const { client } = this.#options;
    const endpoint = await this.#endpoint.promise;
    const headers = { "content-type": "application/json" };
    const response = await client.request(endpoint, {
      method: "POST",
      headers,
      body: frame.bytes,
      signal: this.#closing.signal,
    });
    response.body.destroy();
    if (response.status >= 300) throw statusFailure(endpoint, response.status, response.headers);
  }

  async close(): Promise<void> {
    this.#fail(
      failure("upstream_closed", this.#options.url, "is not connected any more", { executed: "no" }),
      true,
    );
  }

  #take({ event = "message", data }: { event: string | undefined; data: string }): void {
    const { url } = this.#options;
    if (event === "endpoint") this.#learn(data);
    else if (event === "message" && data !== "") {
      try {
        const frame = parseFrame(Buffer.from(data));
        if (this.onframe) this.onframe(frame);
        else this.onmessage?.(frame.value());
      } catch (error) {
        if (!OmgError.is(error)) throw failure("upstream_protocol_error", url, "sent what can not be read");
        this.onerror?.(error);
      }
    }
  }

  /** The first one counts. It gets the entry's headers, so it must be of the same origin. */
  #learn(path: string): void {
    const { url } = this.#options;
    const endpoint = URL.canParse(path, url.href) ? new URL(path, url.href) : undefined;
    if (endpoint?.origin === url.origin) this.#endpoint.resolve(endpoint);
    else {
      const where = endpoint ? `to another place, ${endpoint.origin}` : "to what is no address";
      this.#fail(
        failure("upstream_protocol_error", url, `wants messages sent ${where}, which is refused`, {
          executed: "no",
        }),
      );
    }
  }

  #fail(error: OmgError, byRequest = false): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#endpoint.reject(error);
    this.#closing.abort(error);
    if (!byRequest) this.onerror?.(error);
    this.onclose?.();
  }
}
