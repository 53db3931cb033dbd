import {
  type Frame,
  type FrameExtra,
  type FrameSendOptions,
  frameOf,
  type JsonRpcMessage,
  type OmgError,
  type Transport,
} from "@omg/core/runtime";
import { failure } from "./failures.ts";
import { takeMessages } from "./messages.ts";
import { isEventStream, letGo, readEvents } from "./read-body.ts";
import { readRefusal } from "./refusal.ts";
import { statusFailure } from "./status-failure.ts";
import type { StreamableTransportOptions } from "./streamable-transport.ts";

/** As for streamable HTTP, and how long the handshake of the stream may take. */
export interface SseTransportOptions extends StreamableTransportOptions {
  /** Longest wait for the address to POST to. */
  readonly endpointMs: number;
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
  #knowsEndpoint = false;
  #ready: Promise<unknown> = Promise.resolve();

  constructor(options: SseTransportOptions) {
    this.#options = options;
    this.#endpoint.promise.catch(() => {});
  }

  /** Opens the stream. Rejects with an `OmgError` when the server does not say where to POST to. */
  async start(): Promise<void> {
    const { url, client, endpointMs } = this.#options;
    const { signal } = this.#closing;
    const timer = setTimeout(() => this.#fail(this.#noEndpoint()), endpointMs);
    try {
      const headers = { accept: "text/event-stream" };
      const response = await client.request(url, { method: "GET", headers, signal });
      if (!isEventStream(response)) {
        letGo(response);
        const status = response.status === 200 ? 406 : response.status;
        throw statusFailure(url, { ...response, status }, client.advice);
      }
      readEvents(url, response, {
        onEvent: (event, data) => this.#take(event, data),
        onId() {},
        onRetry() {},
      }).then(
        () => this.#fail(failure("upstream_closed", url, "ended its event stream", { executed: "unknown" })),
        (error: OmgError) => this.#fail(error),
      );
      await this.#endpoint.promise;
    } catch (error) {
      this.#fail(error as OmgError);
      throw signal.reason;
    } finally {
      clearTimeout(timer);
    }
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  sendFrame(frame: Frame, options: FrameSendOptions = {}): Promise<void> {
    const sent = this.#ready.then(() => this.#post(frame, options));
    // Nothing overtakes the end of the handshake.
    if (frame.head.method === "notifications/initialized") this.#ready = sent.catch(() => {});
    return sent;
  }

  async close(): Promise<void> {
    const { url } = this.#options;
    this.#end(failure("upstream_closed", url, "is not connected any more", { executed: "unknown" }));
  }

  async #post(frame: Frame, { signal, headers }: FrameSendOptions): Promise<void> {
    const endpoint = await this.#endpoint.promise;
    const ends = this.#closing.signal;
    const response = await this.#options.client.request(endpoint, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: frame.bytes,
      signal: signal ? AbortSignal.any([signal, ends]) : ends,
    });
    if (response.status < 300) return letGo(response);
    const { status, error } = await readRefusal(endpoint, response, this.#options.client.advice);
    if (status !== 404) throw error;
    const lost = failure("upstream_closed", endpoint, "has forgotten the session", {
      detail: "session_lost",
      executed: "no",
    });
    setImmediate(() => this.#fail(lost));
    throw lost;
  }

  #take(event: string, data: string): void {
    if (event === "endpoint") this.#learn(data);
    if (event !== "message" || data === "") return;
    takeMessages(Buffer.from(data), {
      deliver: (frame) => this.#deliver(frame),
      onBad: (error) => this.onerror?.(error),
    });
  }

  #deliver(frame: Frame): void {
    if (this.#closing.signal.aborted) return;
    if (this.onframe) this.onframe(frame);
    else this.onmessage?.(frame.value());
  }

  /** The first one counts. It gets the client's headers, so it must be of the same origin. */
  #learn(path: string): void {
    if (this.#knowsEndpoint) return;
    this.#knowsEndpoint = true;
    const { url } = this.#options;
    const endpoint = URL.canParse(path, url.href) ? new URL(path, url.href) : undefined;
    if (endpoint?.origin === url.origin) {
      this.#endpoint.resolve(endpoint);
      return;
    }
    const where = endpoint ? `to another place, ${endpoint.origin}` : "to what is no address";
    this.#fail(
      failure("upstream_protocol_error", url, `wants messages sent ${where}, which is refused`, {
        executed: "no",
      }),
    );
  }

  #noEndpoint(): OmgError {
    const what = "does not say where to send messages to (event: endpoint)";
    return failure("upstream_start_failed", this.#options.url, what, {
      detail: "init_timeout",
      executed: "no",
    });
  }

  #fail(error: OmgError): void {
    if (this.#closing.signal.aborted) return;
    this.onerror?.(error);
    this.#end(error);
  }

  #end(why: OmgError): void {
    if (this.#closing.signal.aborted) return;
    this.#endpoint.reject(why);
    this.#closing.abort(why);
    this.onclose?.();
  }
}
