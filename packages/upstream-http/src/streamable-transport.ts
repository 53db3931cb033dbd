import {
  type Frame,
  type FrameExtra,
  type FrameSendOptions,
  frameOf,
  type JsonRpcMessage,
  OmgError,
  type RequestId,
  RequestTable,
  type StreamCloseOptions,
  type Transport,
} from "@omg/core/runtime";
import { AnswerStream } from "./answer-stream.ts";
import type { Signal } from "./call-signal.ts";
import { failure, isConnectFailure } from "./failures.ts";
import type { HttpClient, HttpResponse } from "./http-client.ts";
import { listen } from "./listen.ts";
import { takeMessages } from "./messages.ts";
import { letGo } from "./read-body.ts";
import { type Refusal, readRefusal } from "./refusal.ts";

/** Where to, and by which client. */
export interface StreamableTransportOptions {
  /** The MCP endpoint. */
  readonly url: URL;
  /** Asks the server; whoever made it ends its dispatcher. */
  readonly client: HttpClient;
}

interface Outgoing {
  readonly frame: Frame;
  readonly signal: Signal;
  readonly headers: FrameSendOptions["headers"];
}

const messageHeaders = {
  accept: "application/json, text/event-stream",
  "content-type": "application/json",
};
const initialized = "notifications/initialized";
const farewellMs = 2000;
/** Of a session id: visible ASCII (MCP), and no longer than a header may be. */
const sessionIdForm = /^[\x21-\x7e]{1,1024}$/;

/**
 * MCP's streamable HTTP towards a server, in the revisions with sessions (2025-03-26 to 2025-11-25) and without
 * (2026-07-28). Every request has a stream of its own, and each message says which stream it came on.
 */
export class StreamableTransport implements Transport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;
  onstreamclose?: ((requestId: RequestId, options?: StreamCloseOptions) => void) | undefined;
  sessionId: string | undefined;
  readonly perRequest = true;

  readonly #url: URL;
  readonly #client: HttpClient;
  readonly #streams = new RequestTable<AnswerStream>();
  readonly #closing = new AbortController();
  #protocolVersion: string | undefined;
  /** What every request says of the session, and what a message says besides: made when it changes, not for each call. */
  #headers: Readonly<Record<string, string>> = {};
  #messageHeaders: Readonly<Record<string, string>> = messageHeaders;
  /** Settles when the server knows that the handshake is over, while it is told: calls must not overtake that. */
  #ready: Promise<void> | undefined;
  #ended: Promise<void> | undefined;

  constructor({ url, client }: StreamableTransportOptions) {
    this.#url = url;
    this.#client = client;
  }

  async start(): Promise<void> {}

  setProtocolVersion(version: string): void {
    this.#protocolVersion = version;
    this.#headersChange();
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  /** Resolves when what was sent is dealt with: for a request, when its answer is delivered. */
  sendFrame(frame: Frame, options: FrameSendOptions = {}): Promise<void> {
    if (this.#ended) return Promise.reject(this.#endedError("no"));
    const { kind, id, method } = frame.head;
    if (kind === "request") {
      const call = () => this.#call(frame, id as RequestId, options);
      return this.#ready && method !== "initialize" ? this.#ready.then(call) : call();
    }
    return method === initialized ? this.#begin(frame, options) : this.#tell(frame, options);
  }

  async #begin(frame: Frame, options: FrameSendOptions): Promise<void> {
    const told = this.#tell(frame, options);
    const ready = () => {
      this.#ready = undefined;
    };
    this.#ready = told.then(ready, ready);
    await told;
    this.#listen();
  }

  /** Takes leave of the server, for which it gets a moment. */
  close(): Promise<void> {
    this.#ended ??= this.#takeLeave();
    return this.#ended;
  }

  async #takeLeave(): Promise<void> {
    this.#abandonAll(this.#endedError("unknown"));
    if (this.sessionId !== undefined) {
      const signal = AbortSignal.timeout(farewellMs);
      await this.#client
        .request(this.#url, { method: "DELETE", headers: this.#headers, signal })
        .then(letGo, () => {});
    }
    // After those who wait have heard for themselves.
    await new Promise((next) => setImmediate(next));
    this.onclose?.();
  }

  async #call(frame: Frame, id: RequestId, { signal, headers }: FrameSendOptions): Promise<void> {
    const stream = new AnswerStream({
      url: this.#url,
      id,
      deliver: (message, extra) => this.#deliver(message, extra),
      onClose: (retryMs) => this.onstreamclose?.(id, { retryMs }),
      onBadMessage: (error) => this.onerror?.(error),
      resume: (lastEventId, signal) => this.#get(signal, lastEventId),
    });
    const abandon = () => stream.abandon(cancelled());
    signal?.addEventListener("abort", abandon, { once: true });
    this.#streams.add(id, stream);
    try {
      if (signal?.aborted) throw cancelled();
      if (this.#ended) throw this.#endedError("no");
      const response = await this.#post({ frame, signal: stream.signal, headers });
      if (response.status !== 200) return this.#refused(await this.#refusal(response), id);
      if (frame.head.method === "initialize") this.#greet(response);
      await stream.read(response);
    } catch (error) {
      throw this.#streams.size === 1 ? this.#gone(error) : error;
    } finally {
      this.#streams.take(id);
      signal?.removeEventListener("abort", abandon);
    }
  }

  /** A notification, or an answer to a request of the server. */
  async #tell(frame: Frame, { signal, headers }: FrameSendOptions): Promise<void> {
    const ends = this.#closing.signal;
    const posted = this.#post({ frame, signal: signal ? AbortSignal.any([signal, ends]) : ends, headers });
    const { method, requestId } = frame.head;
    // A server need not answer what was cancelled, nor end its stream.
    if (method === "notifications/cancelled" && requestId !== undefined)
      this.#streams.get(requestId)?.abandon(cancelled());
    const response = await posted;
    if (response.status < 300) letGo(response);
    else this.#refused(await this.#refusal(response));
  }

  #greet(response: HttpResponse): void {
    const id = response.headers["mcp-session-id"];
    if (id === undefined) return;
    if (typeof id === "string" && sessionIdForm.test(id)) {
      this.sessionId = id;
      this.#headersChange();
      return;
    }
    letGo(response);
    throw failure("upstream_start_failed", this.#url, "gave a session id that is none", {
      detail: "init_invalid",
      executed: "no",
    });
  }

  #refusal(response: HttpResponse): Promise<Refusal> {
    return readRefusal(this.#url, response, this.#client.advice);
  }

  /** Throws, unless the refusal is the answer to this request. */
  #refused({ frame, error, ofSession }: Refusal, id?: RequestId): void {
    if (this.sessionId !== undefined && ofSession) throw this.#sessionLost();
    const isAnswer = id !== undefined && frame?.head.id === id;
    const isPlain = error.reason === "upstream_protocol_error" || error.reason === "upstream_closed";
    if (!isAnswer || !isPlain) throw error;
    this.#deliver(frame, { requestId: id });
  }

  #post({ frame, signal, headers }: Outgoing): Promise<HttpResponse> {
    return this.#client.request(this.#url, {
      method: "POST",
      headers: headers ? { ...headers, ...this.#messageHeaders } : this.#messageHeaders,
      body: frame.bytes,
      signal,
    });
  }

  #get(signal: Signal, lastEventId: string | undefined): Promise<HttpResponse> {
    const resumption = lastEventId === undefined ? {} : { "last-event-id": lastEventId };
    const headers = { ...this.#headers, ...resumption, accept: "text/event-stream" };
    return this.#client.request(this.#url, { method: "GET", headers, signal });
  }

  #listen(): void {
    const { signal } = this.#closing;
    void listen({
      url: this.#url,
      request: (lastEventId) => this.#get(signal, lastEventId),
      deliver: (data) =>
        takeMessages(Buffer.from(data), {
          deliver: (frame) => this.#deliver(frame),
          onBad: (error) => this.onerror?.(error),
        }),
      onSessionLost: () => void this.#sessionLost(),
      onGone: (error) => void this.#gone(error),
      isBusy: () => this.#streams.size > 0,
      signal,
    });
  }

  #deliver(frame: Frame, extra?: FrameExtra): void {
    if (this.#ended) return;
    if (this.onframe) this.onframe(frame, extra);
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

  /** What to say of an error. If nobody listens at the address any more, that is the end of a session that was there. */
  #gone(error: unknown): unknown {
    if (!isConnectFailure(error) || this.#protocolVersion === undefined) return error;
    const { message, cause, detail } = error;
    const gone = new OmgError("upstream_closed", { detail, executed: "no", message, cause });
    this.#end(gone);
    return gone;
  }

  #end(error: OmgError): void {
    if (this.#ended) return;
    this.#ended = Promise.resolve();
    // After those who wait have heard for themselves.
    setImmediate(() => {
      this.onerror?.(error);
      this.#abandonAll(this.#endedError("unknown"));
      this.onclose?.();
    });
  }

  #abandonAll(why: OmgError): void {
    this.#closing.abort(why);
    for (const stream of this.#streams.values()) stream.abandon(why);
  }

  #headersChange(): void {
    this.#headers = {
      ...(this.sessionId === undefined ? {} : { "mcp-session-id": this.sessionId }),
      ...(this.#protocolVersion === undefined ? {} : { "mcp-protocol-version": this.#protocolVersion }),
    };
    this.#messageHeaders = { ...this.#headers, ...messageHeaders };
  }

  /** What is sent after the end has not been looked at either. */
  #endedError(executed: "no" | "unknown"): OmgError {
    const detail = executed === "no" ? "session_lost" : undefined;
    return failure("upstream_closed", this.#url, "is not connected any more", { detail, executed });
  }
}

function cancelled(): OmgError {
  return new OmgError("cancelled", { executed: "unknown", message: "Nobody waits for the answer any more" });
}
