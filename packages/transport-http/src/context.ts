import type { Gateway } from "@omg/core";
import type { InFlight } from "./in-flight.ts";
import type { HttpLimits } from "./limits.ts";
import type { Patience } from "./patience.ts";

/** What the front tells about itself; it logs nothing. */
export type HttpEvent =
  /** A fault of the gateway: the client got 500. */
  | { readonly type: "http-error"; readonly error: unknown }
  /** An event stream was cut because its client did not read. */
  | { readonly type: "http-stream-stalled"; readonly session: string | undefined };

/** Running totals since the start, and what is open now. */
export interface HttpCounters {
  readonly sessions: number;
  /** Event streams open now that a GET asked for. */
  readonly streams: number;
  /** Requests that wait for an answer now. */
  readonly waiting: number;
  /** Messages to clients that nobody could take. */
  readonly droppedFrames: number;
  /** Requests turned away for their Host, Origin or credential. */
  readonly refused: number;
}

/** What all handlers of one front share. */
export interface HttpContext {
  readonly gateway: Gateway;
  readonly limits: HttpLimits;
  readonly inFlight: InFlight;
  /** When a request waits for longer than the keep-alive time. */
  readonly patience: Patience;
  readonly counters: { streams: number; droppedFrames: number; refused: number };
  /** What is kept of event streams, for clients that were cut off. */
  readonly kept: { bytes: number };
  readonly emit: (event: HttpEvent) => void;
}
