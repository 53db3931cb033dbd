import { setTimeout as sleep } from "node:timers/promises";
import type { Frame } from "@omg/core";
import { discard, isEventStream, readEvents } from "./read-response.ts";

export interface ListenOptions {
  /** Asks the gateway for the session's event stream. */
  readonly request: () => Promise<Response>;
  readonly deliver: (frame: Frame) => void;
  /** The gateway, which knew the session, no longer does. */
  readonly onLost: () => void;
  readonly signal: AbortSignal;
  /** Waits between two attempts. For tests. */
  readonly pause?: (ms: number) => Promise<void>;
}

const firstPauseMs = 1000;
const longestPauseMs = 30_000;

/**
 * Hears what the gateway says without being asked, until the session ends: a stream that ends is opened again, after a
 * pause that grows while there is none. Never rejects: a request tells the client if the gateway is gone.
 */
export async function listen(options: ListenOptions): Promise<void> {
  const { request, deliver, onLost, signal } = options;
  const pause = options.pause ?? ((ms) => sleep(ms, undefined, { signal }));
  // An answer to a request travels on that request's own response: here it could only double it.
  const take = (frame: Frame) => frame.head.method !== undefined && deliver(frame);
  let pauseMs = firstPauseMs;
  let everOpen = false;
  while (!signal.aborted) {
    try {
      const response = await request();
      if (response.ok && isEventStream(response)) {
        everOpen = true;
        pauseMs = firstPauseMs;
        await readEvents(response, take);
      } else {
        await discard(response);
        // Not offered. A 404 says so too, if the same session never had a stream: a new session would not help.
        if (response.status === 405 || (response.status === 404 && !everOpen)) return;
        if (response.status === 404) return onLost();
      }
    } catch {
      // Gone for now.
    }
    await pause(pauseMs).catch(() => {});
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }
}
