import { setTimeout as sleep } from "node:timers/promises";
import { OmgError } from "@omg/core/runtime";
import type { HttpResponse } from "./http-client.ts";
import { mediaTypeOf, readEvents } from "./read-body.ts";

export interface ListenOptions {
  readonly url: URL;
  /** Asks for the session's event stream, or for what came after an event of it. */
  readonly request: (lastEventId: string | undefined) => Promise<HttpResponse>;
  readonly deliver: (data: string) => void;
  readonly onSessionLost: () => void;
  /** Nothing listens at the address any more. */
  readonly onGone: (error: OmgError) => void;
  readonly signal: AbortSignal;
}

const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/** Hears what a server says without being asked, until the signal: a stream that ends is opened again. Never rejects. */
export async function listen({
  url,
  request,
  deliver,
  onSessionLost,
  onGone,
  signal,
}: ListenOptions): Promise<void> {
  let lastEventId: string | undefined;
  let retryMs = firstPauseMs;
  let failures = 0;
  let everOpen = false;
  while (!signal.aborted) {
    try {
      const response = await request(lastEventId);
      if (response.status === 200 && mediaTypeOf(response.headers) === "text/event-stream") {
        everOpen = true;
        failures = 0;
        const stop = () => response.body.destroy();
        signal.addEventListener("abort", stop, { once: true });
        try {
          await readEvents(url, response.body, {
            onEvent({ id, data }) {
              if (id !== undefined && !id.includes("\0")) lastEventId = id;
              if (data !== "") deliver(data);
            },
            onRetry(ms) {
              retryMs = Math.min(Math.max(ms, firstPauseMs), longestPauseMs);
            },
          });
        } finally {
          signal.removeEventListener("abort", stop);
        }
        // A server that has just ended its stream may be gone: that is to be known at once.
        if (failures === 0) {
          failures = 1;
          continue;
        }
      } else {
        response.body.destroy();
        if (response.status === 404 && everOpen) return onSessionLost();
        // Not offered.
        if (response.status >= 400 && response.status < 500 && response.status !== 429) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (everOpen && OmgError.is(error) && error.detail === "connect") return onGone(error);
    }
    await sleep(Math.min(retryMs * 2 ** failures, longestPauseMs), undefined, { signal }).catch(() => {});
    failures++;
  }
}
