import type { Frame } from "@omg/core";
import { discard, isEventStream, type Position, readEvents } from "./event-stream.ts";
import { mayPass, type Pause, pauseMs, pauseUntil } from "./reconnect.ts";

export interface ListenOptions {
  /** Asks the gateway for the session's event stream, or for what came after an event of it. */
  readonly request: (lastEventId: string | undefined) => Promise<Response>;
  readonly deliver: (frame: Frame) => void;
  /** The gateway, which knew the session, no longer does. */
  readonly onLost: () => void;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly pause?: Pause;
}

/**
 * Hears what the gateway says without being asked, until the session ends: a stream that ends is opened again where it
 * ended, after a pause that grows while there is none. Never rejects: a request tells the client if the gateway is gone.
 */
export async function listen(options: ListenOptions): Promise<void> {
  const { request, deliver, onLost, signal } = options;
  const pause = options.pause ?? pauseUntil(signal);
  // An answer to a request travels on that request's own response: here it could only double it.
  const take = (frame: Frame) => frame.head.method !== undefined && deliver(frame);
  const position: Position = {};
  let failures = 0;
  let everOpen = false;
  while (!signal.aborted) {
    try {
      const response = await request(position.lastEventId);
      if (response.ok && isEventStream(response)) {
        everOpen = true;
        failures = 0;
        await readEvents(response, { position, take });
      } else {
        await discard(response);
        // Not offered. A 404 says so too, if the same session never had a stream: a new session would not help.
        if (response.status === 405 || (response.status === 404 && !everOpen)) return;
        if (response.status === 404) return onLost();
        // It may be the event that the gateway no longer knows.
        if (!mayPass(response.status)) position.lastEventId = undefined;
      }
    } catch {
      // Gone for now.
    }
    await pause(pauseMs(position, failures++)).catch(() => {});
  }
}
