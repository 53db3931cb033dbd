import type { OmgError } from "@omg/core/runtime";
import { EventCursor } from "./event-cursor.ts";
import { isConnectFailure } from "./failures.ts";
import type { HttpResponse } from "./http-client.ts";
import { pause as realPause } from "./pause.ts";
import { isEventStream, letGo, readEvents } from "./read-body.ts";

export interface ListenOptions {
  readonly url: URL;
  /** Asks for the session's event stream, or for what came after an event of it. */
  readonly request: (lastEventId: string | undefined) => Promise<HttpResponse>;
  readonly deliver: (data: string) => void;
  readonly onSessionLost: () => void;
  /** Nothing listens at the address any more. */
  readonly onGone: (error: OmgError) => void;
  /** Whether a call is in flight, which will find out by itself. */
  readonly isBusy: () => boolean;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly pause?: typeof realPause;
}

/** A stream that lived so long was no failure. */
const steadyMs = 5000;

/** Hears what a server says without being asked, until the signal: a stream that ends is opened again. Never rejects. */
export async function listen(options: ListenOptions): Promise<void> {
  const { url, request, deliver, onSessionLost, onGone, isBusy, signal, pause = realPause } = options;
  const cursor = new EventCursor();
  let failures = 0;
  let everOpen = false;
  while (!signal.aborted) {
    const begin = performance.now();
    try {
      const response = await request(cursor.lastEventId);
      if (isEventStream(response)) {
        everOpen = true;
        await readEvents(url, response, {
          onEvent(_event, data) {
            failures = 0;
            if (data !== "") deliver(data);
          },
          onId: (id) => cursor.passed(id),
          onRetry: (ms) => cursor.retryAfter(ms),
        });
      } else {
        letGo(response);
        if (response.status === 404 && everOpen) return onSessionLost();
        if (!mayComeLater(response.status)) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (isConnectFailure(error) && !isBusy()) return onGone(error);
    }
    if (performance.now() - begin > steadyMs) failures = 0;
    await pause(cursor.pauseMs(failures++), signal);
  }
}

/** 409: the server has not noticed yet that the stream before has ended. Anything else: it offers no stream. */
function mayComeLater(status: number): boolean {
  return status >= 500 || status === 409 || status === 429;
}
