import {
  type Frame,
  type FrameExtra,
  type FrameSendOptions,
  frameOf,
  type JsonRpcMessage,
  OmgError,
  type RequestId,
  type StreamCloseOptions,
  type Transport,
} from "@omg/core/runtime";
import {
  asksForPause,
  isConnectFailure,
  SseTransport,
  type SseTransportOptions,
  StreamableTransport,
} from "@omg/upstream-http";
import { Breaker, maxFailures } from "./breaker.ts";

/** How a server speaks. */
export type Kind = "streamable-http" | "sse";

export interface RemoteTransportParts extends SseTransportOptions {
  /** As the entry says; undefined: to be found out. */
  readonly kind: Kind | undefined;
  /** As it was found out before. It may not be true any more. */
  readonly remembered: Kind | undefined;
  /** It has been found out; undefined: what was remembered is not true any more. */
  readonly onKind: (kind: Kind | undefined) => void;
  /** The conversation is over, not by `close`. */
  readonly onLost: (error: Error | undefined) => void;
}

/** Statuses by which a server of 2024-11-05 refuses a POST to its event stream (MCP, backwards compatibility). */
const otherKind = new Set(["http_400", "http_404", "http_405", "http_406"]);

/** The conversation with a remote server, over whichever transport it speaks. */
export class RemoteTransport implements Transport {
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;
  onstreamclose?: ((requestId: RequestId, options?: StreamCloseOptions) => void) | undefined;

  readonly #parts: RemoteTransportParts;
  readonly #breaker = new Breaker({ onHopeless: (last) => this.#giveUp(last) });
  #inner: StreamableTransport | SseTransport | undefined;
  #opening: SseTransport | undefined;
  #lastError: Error | undefined;
  #isLost = false;
  #closing: Promise<void> | undefined;

  constructor(parts: RemoteTransportParts) {
    this.#parts = parts;
  }

  get sessionId(): string | undefined {
    return this.#inner instanceof StreamableTransport ? this.#inner.sessionId : undefined;
  }

  get perRequest(): boolean {
    return this.#inner instanceof StreamableTransport;
  }

  /** Opens the event stream of a server that is known to speak that way; another one is asked with the first message. */
  async start(): Promise<void> {
    const { kind, remembered, onKind } = this.#parts;
    if ((kind ?? remembered) !== "sse") return this.#use(new StreamableTransport(this.#parts));
    try {
      await this.#openSse();
    } catch (error) {
      if (kind !== undefined || isConnectFailure(error) || asksForPause(error)) throw error;
      onKind(undefined);
      if (this.#closing || !isStatus(error)) throw error;
      this.#use(new StreamableTransport(this.#parts));
    }
  }

  setProtocolVersion(version: string): void {
    if (this.#inner instanceof StreamableTransport) this.#inner.setProtocolVersion(version);
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  sendFrame(frame: Frame, options?: FrameSendOptions): Promise<void> {
    const inner = this.#inner;
    if (!inner || this.#isLost || this.#closing) {
      const message = "The connection is closed";
      const detail = "session_lost";
      return Promise.reject(new OmgError("upstream_closed", { detail, executed: "no", message }));
    }
    const { kind, method } = frame.head;
    if (kind !== "request") return inner.sendFrame(frame, options);
    // A stream for changes ends whenever it likes: that says nothing of the server.
    if (method === "subscriptions/listen") return inner.sendFrame(frame, options);
    if (method === "initialize") return this.#introduce(inner, frame, options);
    return this.#breaker.through(() => inner.sendFrame(frame, options));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#opening?.close();
    await this.#inner?.close();
    if (!this.#isLost) this.onclose?.();
  }

  /** Sends the first message. */
  async #introduce(
    inner: StreamableTransport | SseTransport,
    frame: Frame,
    options?: FrameSendOptions,
  ): Promise<void> {
    try {
      await this.#breaker.through(() => this.#findOut(inner, frame, options));
    } catch (error) {
      throw neverReady(error);
    }
  }

  /** Finds out how the server speaks by what comes of the first message. */
  async #findOut(
    inner: StreamableTransport | SseTransport,
    frame: Frame,
    options?: FrameSendOptions,
  ): Promise<void> {
    const { kind, onKind } = this.#parts;
    try {
      await inner.sendFrame(frame, options);
      if (kind === undefined && inner instanceof StreamableTransport) onKind("streamable-http");
    } catch (error) {
      if (kind !== undefined || !isStatus(error)) throw error;
      if (inner instanceof SseTransport) {
        onKind(undefined);
        throw error;
      }
      if (!otherKind.has(error.detail ?? "")) throw error;
      const older = await this.#openSse().catch(() => {
        // What the newer transport said tells more, if the server speaks neither.
        throw error;
      });
      await older.sendFrame(frame, options);
      onKind("sse");
    }
  }

  async #openSse(): Promise<SseTransport> {
    const transport = new SseTransport(this.#parts);
    this.#opening = transport;
    // Its end is heard once it is in use; until then `start` rejects.
    await transport.start();
    this.#opening = undefined;
    this.#use(transport);
    return transport;
  }

  #use(inner: StreamableTransport | SseTransport): void {
    inner.onframe = (frame, extra) => this.#deliver(frame, extra);
    inner.onerror = (error) => {
      this.#lastError = error;
      this.onerror?.(error);
    };
    inner.onclose = () => this.#lost();
    if (inner instanceof StreamableTransport)
      inner.onstreamclose = (requestId, options) => this.onstreamclose?.(requestId, options);
    this.#inner = inner;
  }

  #deliver(frame: Frame, extra?: FrameExtra): void {
    if (this.onframe) this.onframe(frame, extra);
    else this.onmessage?.(frame.value());
  }

  /** Whether the server is still there another conversation has to show: this one takes no more requests. */
  #giveUp(last: OmgError): void {
    if (this.#closing || this.#isLost) return;
    this.#isLost = true;
    const message = `${maxFailures} requests in a row have failed. The last: ${last.message}`;
    const why = new OmgError("upstream_closed", { executed: "unknown", message, cause: last });
    // After the last of them has heard for itself.
    setImmediate(() => {
      this.onerror?.(why);
      this.#parts.onLost(why);
      this.onclose?.();
      void this.#inner?.close();
    });
  }

  #lost(): void {
    if (this.#closing || this.#isLost) return;
    this.#isLost = true;
    this.#parts.onLost(this.#lastError);
    this.onclose?.();
  }
}

/** Whether the server has answered, but not as it would have to. */
function isStatus(error: unknown): error is OmgError {
  return OmgError.is(error) && error.detail?.startsWith("http_") === true;
}

/** A conversation that ends before it began has never been one. */
function neverReady(error: unknown): unknown {
  if (!OmgError.is(error) || error.reason !== "upstream_closed") return error;
  const { message, cause, detail } = error;
  return new OmgError("upstream_start_failed", { detail, executed: "no", message, cause });
}
