import { setTimeout as sleep } from "node:timers/promises";
import {
  type Frame,
  type FrameExtra,
  frameOf,
  type JsonRpcMessage,
  type OmgError,
  parseFrame,
  type RequestId,
  type Transport,
} from "@omg/core/runtime";
import { AnswerStream } from "./answer-stream.ts";
import { failure, statusFailure } from "./failures.ts";
import type { HttpClient, HttpResponse } from "./http-client.ts";
import { listen } from "./listen.ts";

export interface RemoteTransportOptions {
  readonly url: URL;
  readonly client: HttpClient;
}

const accept = "application/json, text/event-stream";
const initialized = "notifications/initialized";
const farewellMs = 2000;
/** Of a session id: visible ASCII (MCP), and no longer than a header may be. */
const sessionIdForm = /^[\x21-\x7e]{1,1024}$/;

/**
 * MCP's streamable HTTP (2025-03-26 to 2025-11-25) towards a server. Every request has a stream of its own, and each
 * message says which stream it came on.
 */
export class StreamableTransport implements Transport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;
  sessionId: string | undefined;

  readonly #url: URL;
  readonly #client: HttpClient;
  readonly #streams = new Map<RequestId, AnswerStream>();
  readonly #closing = new AbortController();
  #protocolVersion: string | undefined;
  /** The server knows that the handshake is over: calls must not overtake that. */
  #ready: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor({ url, client }: RemoteTransportOptions) {
    this.#url = url;
    this.#client = client;
  }

  async start(): Promise<void> {}

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  /** Resolves when what was sent is dealt with: for a request, when its answer is delivered. */
  async sendFrame(frame: Frame): Promise<void> {
    if (this.#closed) throw this.#endedError();
    const { kind, id, method } = frame.head;
    if (kind === "request") {
      if (method !== "initialize") await this.#ready;
      return this.#call(frame, id as RequestId);
    }
    const told = this.#tell(frame);
    if (method !== initialized) return told;
    this.#ready = told.catch(() => {});
    await told;
    this.#listen();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const { sessionId } = this;
    this.#closing.abort(this.#endedError());
    for (const stream of this.#streams.values()) stream.abandon();
    if (sessionId !== undefined) {
      const signal = AbortSignal.timeout(farewellMs);
      await this.#client
        .request(this.#url, { method: "DELETE", headers: this.#headers(), signal })
        .then(({ body }) => body.destroy())
        .catch(() => {});
    }
    this.onclose?.();
  }

  async #call(frame: Frame, id: RequestId): Promise<void> {
    const stream = new AnswerStream({
      url: this.#url,
      id,
      deliver: (message, requestId) => this.#deliver(message, requestId),
      onBadMessage: (error) => this.onerror?.(error),
      resume: (lastEventId, signal) => this.#get(signal, lastEventId),
      pause: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
    });
    this.#streams.set(id, stream);
    try {
      const response = await this.#post(frame, stream.signal);
      if (frame.head.method === "initialize" && response.status === 200) this.#greet(response);
      await stream.read(response);
    } finally {
      this.#streams.delete(id);
    }
  }

  /** A notification, or an answer to a request of the server. */
  async #tell(frame: Frame): Promise<void> {
    const { body, status, headers } = await this.#post(frame, this.#closing.signal);
    body.destroy();
    const { method, requestId } = frame.head;
    // A server need not answer what was cancelled, nor end its stream.
    if (method === "notifications/cancelled" && requestId !== undefined)
      this.#streams.get(requestId)?.abandon();
    if (status >= 300) throw statusFailure(this.#url, status, headers);
  }

  #greet({ headers, body }: HttpResponse): void {
    const id = headers["mcp-session-id"];
    if (id === undefined) return;
    if (typeof id === "string" && sessionIdForm.test(id)) {
      this.sessionId = id;
      return;
    }
    body.destroy();
    throw failure("upstream_start_failed", this.#url, "gave a session id that is none", {
      detail: "init_invalid",
      executed: "no",
    });
  }

  async #post(frame: Frame, signal: AbortSignal): Promise<HttpResponse> {
    const headers = { ...this.#headers(), accept, "content-type": "application/json" };
    const response = await this.#client.request(this.#url, {
      method: "POST",
      headers,
      body: frame.bytes,
      signal,
    });
    if (response.status === 404 && this.sessionId !== undefined) {
      response.body.destroy();
      throw this.#sessionLost();
    }
    return response;
  }

  #get(signal: AbortSignal, lastEventId: string | undefined): Promise<HttpResponse> {
    const resumption = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const headers = { ...this.#headers(), ...resumption, accept: "text/event-stream" };
    return this.#client.request(this.#url, { method: "GET", headers, signal });
  }

  #listen(): void {
    const { signal } = this.#closing;
    void listen({
      url: this.#url,
      request: (lastEventId) => this.#get(signal, lastEventId),
      deliver: (data) => {
        try {
          this.#deliver(parseFrame(Buffer.from(data)));
        } catch (error) {
          this.onerror?.(error as Error);
        }
      },
      onSessionLost: () => void this.#sessionLost(),
      onGone: (error) => this.#end(error),
      signal,
    });
  }

  #deliver(frame: Frame, requestId?: RequestId): void {
    if (this.#closed) return;
    if (this.onframe) this.onframe(frame, { requestId });
    else this.onmessage?.(frame.value());
  }

  /** The server did not look at what it was sent: it may be sent again, in a new session. */
  #sessionLost(): OmgError {
    const error = failure("upstream_closed", this.#url, "has forgotten the session", {
      detail: "session_lost",
      executed: "no",
    });
    this.#end(error);
    return error;
  }

  #end(error: OmgError): void {
    if (this.#closed) return;
    this.#closed = true;
    this.sessionId = undefined;
    // After those who wait have heard for themselves.
    queueMicrotask(() => {
      this.onerror?.(error);
      this.#closing.abort(error);
      for (const stream of this.#streams.values()) stream.abandon();
      this.onclose?.();
    });
  }

  #headers(): Record<string, string> {
    return {
      ...(this.sessionId === undefined ? {} : { "mcp-session-id": this.sessionId }),
      ...(this.#protocolVersion === undefined ? {} : { "mcp-protocol-version": this.#protocolVersion }),
    };
  }

  #endedError(): OmgError {
    return failure("upstream_closed", this.#url, "is not connected any more", { executed: "no" });
  }
}
