import type { Frame, RequestId } from "./frame.ts";

/** `params` and `result` of a message: any object. */
export interface Params {
  [key: string]: unknown;
  _meta?: { [key: string]: unknown; progressToken?: string | number | undefined } | undefined;
}

/** A JSON-RPC message as the MCP SDKs type it. */
export type JsonRpcMessage =
  | { jsonrpc: "2.0"; id: RequestId; method: string; params?: Params | undefined }
  | { jsonrpc: "2.0"; method: string; params?: Params | undefined }
  | { jsonrpc: "2.0"; id: RequestId; result: Params }
  | { jsonrpc: "2.0"; id?: RequestId | undefined; error: { code: number; message: string; data?: unknown } };

/** What a transport may give back that has taken a message over at once: who gets this very promise need not wait for it. */
export const taken: Promise<void> = Promise.resolve();

/** How one message is sent, as the MCP SDKs type it. */
export interface SendOptions {
  /** The request of the other side that this message belongs to: decides the stream it travels on. */
  relatedRequestId?: RequestId | undefined;
  /** Continues a stream that broke off. The gateway sends none; the SDKs' HTTP transports fit this shape by it. */
  resumptionToken?: string;
}

/** How one frame is sent, on transports that can heed it; others ignore it. */
export interface FrameSendOptions extends SendOptions {
  /** Aborts the sending of this frame. */
  signal?: AbortSignal | undefined;
  /** Extra HTTP headers, for transports that have them; their names in lower case. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The answer came on an event stream: who can choose how to send it on, sends it on one, too. */
  streamed?: boolean | undefined;
}

/** What a transport knows of a frame that has come in, besides its bytes. */
export interface FrameExtra {
  /** The request of ours whose stream brought this frame, where a transport can tell. */
  requestId?: RequestId | undefined;
  /** It came on an event stream of its request, where there was a choice. */
  streamed?: boolean | undefined;
}

/** What the side that ends a stream early says about it. */
export interface StreamCloseOptions {
  /** Milliseconds that the closing side wants to be left alone, if it says so. */
  readonly retryMs?: number | undefined;
}

/**
 * Carries JSON-RPC messages: the MCP SDK's `Transport`, by shape, so that transports of either SDK line fit.
 *
 * A transport that has the optional frame lane (`sendFrame` and `onframe`, both) is used by it alone: frames pass as
 * bytes and nothing is parsed twice. Some such transports have streams that end before the answer they are for, because
 * the side that answers wants no open connection meanwhile (MCP 2025-11-25): they have `closeStream` or `onstreamclose`.
 */
export interface Transport {
  /** Begins to receive. Called once, after the callbacks are set; resolves when messages can be sent. */
  start(): Promise<void>;
  /** Resolves once the message has been taken over; rejects when it can not be. */
  send(message: JsonRpcMessage, options?: SendOptions): Promise<void>;
  /** Ends the transport; `onclose` fires. Idempotent. */
  close(): Promise<void>;
  /** Takes what the other side says, unless the frame lane does. */
  onmessage?: ((message: JsonRpcMessage) => void) | undefined;
  /** The transport has ended, by either side. Called once. */
  onclose?: (() => void) | undefined;
  /** Something went wrong that did not end the transport. */
  onerror?: ((error: Error) => void) | undefined;
  /** What names the conversation to the other side, on transports that have such an id. */
  sessionId?: string | undefined;
  /**
   * Whether each request goes by itself, as over HTTP: the `headers` of the send options go with it, aborting its
   * `signal` is how it is cancelled, and one that the server does not know does no harm. Absent: it is one connection.
   */
  readonly perRequest?: boolean | undefined;
  /** Hears which revision the handshake has settled on, for transports that say it with each message. */
  setProtocolVersion?: ((version: string) => void) | undefined;
  /** Resolves once the frame has been taken over; rejects with an `OmgError` when it can not be. */
  sendFrame?: ((frame: Frame, options?: FrameSendOptions) => Promise<void>) | undefined;
  /** Takes what the other side says, in the place of `onmessage`. */
  onframe?: ((frame: Frame, extra?: FrameExtra) => void) | undefined;
  /**
   * Ends the stream of a request of the other side ahead of its answer, if the other side is known to come back for
   * that, and if it can be kept until then. Else nothing happens, and the stream stays open.
   */
  closeStream?: ((requestId: RequestId, options?: StreamCloseOptions) => void) | undefined;
  /** The other side has ended the stream of a request of ours ahead of its answer. The transport goes back for that. */
  onstreamclose?: ((requestId: RequestId, options?: StreamCloseOptions) => void) | undefined;
}
