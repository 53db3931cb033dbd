import {
  type Frame,
  type FrameExtra,
  type FrameSendOptions,
  frameOf,
  type JsonRpcMessage,
  OmgError,
  type Transport,
} from "@omg/core/runtime";
import { SseTransport, type SseTransportOptions } from "./sse-transport.ts";
import { StreamableTransport } from "./streamable-transport.ts";

/** How a server speaks. */
export type Kind = "streamable-http" | "sse";

export interface RemoteTransportParts extends Omit<SseTransportOptions, "signal"> {
  /** As stated or found out before; undefined: to be found out. */
  readonly kind: Kind | undefined;
  /** It has been found out. */
  readonly onKind: (kind: Kind) => void;
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

  readonly #parts: RemoteTransportParts;
  #inner: StreamableTransport | SseTransport | undefined;
  #lastError: Error | undefined;
  #closed = false;

  constructor(parts: RemoteTransportParts) {
    this.#parts = parts;
  }

  get sessionId(): string | undefined {
    return this.#inner instanceof StreamableTransport ? this.#inner.sessionId : undefined;
  }

  /** Opens the event stream of a server that is known to speak that way; another one is asked with the first message. */
  async start(): Promise<void> {
    if (this.#parts.kind === "sse") await this.#open(new SseTransport(this.#parts));
    else await this.#open(new StreamableTransport(this.#parts));
  }

  setProtocolVersion(version: string): void {
    if (this.#inner instanceof StreamableTransport) this.#inner.setProtocolVersion(version);
  }

  send(message: JsonRpcMessage): Promise<void> {
    return this.sendFrame(frameOf(message));
  }

  sendFrame(frame: Frame, _options?: FrameSendOptions): Promise<void> {
    const inner = this.#inner;
    if (!inner || this.#closed) {
      return Promise.reject(
        new OmgError("upstream_closed", { executed: "no", message: "The connection is closed" }),
      );
    }
    if (this.#parts.kind !== undefined || frame.head.method !== "initialize") return inner.sendFrame(frame);
    return this.#introduce(inner, frame);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#inner?.close();
    this.onclose?.();
  }

  async #introduce(inner: StreamableTransport | SseTransport, initialize: Frame): Promise<void> {
    try {
      await inner.sendFrame(initialize);
      this.#parts.onKind("streamable-http");
    } catch (error) {
      if (!OmgError.is(error) || !otherKind.has(error.detail ?? "")) throw error;
      const older = new SseTransport(this.#parts);
      // What the newer transport said tells more, if it is neither.
      await this.#open(older).catch(() => {
        throw error;
      });
      await older.sendFrame(initialize);
      this.#parts.onKind("sse");
    }
  }

  async #open(inner: StreamableTransport | SseTransport): Promise<void> {
    inner.onframe = (frame, extra) => this.onframe?.(frame, extra);
    inner.onerror = (error) => {
      this.#lastError = error;
      if (this.#inner === inner) this.onerror?.(error);
    };
    inner.onclose = () => {
      if (this.#inner === inner) this.#lost();
    };
    await inner.start();
    this.#inner = inner;
  }

  #lost(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.onLost(this.#lastError);
    this.onclose?.();
  }
}
