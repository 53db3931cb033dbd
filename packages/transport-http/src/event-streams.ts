import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { OmgError } from "@omg/core";
import type { HttpContext } from "./context.ts";
import { Refusal } from "./http-errors.ts";
import { SseStream } from "./sse-stream.ts";

export interface EventStreamOptions {
  /** Absent in the modern era, which has none. */
  readonly session: string | undefined;
  readonly headers?: OutgoingHttpHeaders | undefined;
}

/** Begins an answer as an event stream, with the front's limits and counters. */
export function eventStream(
  { clock, limits, counters, emit }: HttpContext,
  outgoing: ServerResponse,
  { session, headers }: EventStreamOptions,
): SseStream {
  return new SseStream(outgoing, {
    clock,
    limits,
    headers,
    onDrop: () => counters.droppedFrames++,
    onStall: () => emit({ type: "http-stream-stalled", session }),
  });
}

/** Counts an event stream that a GET asked for, until it closes. `more`: whether there is one more of them by it. */
export function countStream({ counters, limits }: HttpContext, outgoing: ServerResponse, more = true): void {
  if (more && counters.streams >= limits.streams) {
    const message = `${limits.streams} event streams are open, the limit; try again later`;
    const error = new OmgError("overloaded", { detail: "streams", retryAfterMs: 30_000, message });
    throw new Refusal(429, message, { "retry-after": "30" }, error);
  }
  counters.streams++;
  outgoing.once("close", () => counters.streams--);
}
