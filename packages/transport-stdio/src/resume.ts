import { OmgError } from "@omg/core";
import { discard, isEventStream, type ReadOptions, readEvents } from "./event-stream.ts";
import { mayPass, type Pause, pauseMs } from "./reconnect.ts";

export interface ResumeOptions extends Required<ReadOptions> {
  /** Asks for what came after an event, on the stream it belongs to. */
  readonly request: (lastEventId: string) => Promise<Response>;
  readonly pause: Pause;
}

const attempts = 5;

/**
 * Goes on with a stream that has broken off, until it is done. Gives up after some attempts in a row that brought
 * nothing; rejects when a pause does, and when an event holds no message.
 */
export async function resume(options: ResumeOptions): Promise<void> {
  const { position, done, request, pause } = options;
  let failures = 0;
  while (!done() && failures < attempts) {
    const { lastEventId } = position;
    if (lastEventId === undefined) return;
    await pause(pauseMs(position, failures));
    try {
      const response = await request(lastEventId);
      if (response.ok && isEventStream(response)) await readEvents(response, options);
      else {
        await discard(response);
        if (!mayPass(response.status)) return;
      }
    } catch (error) {
      // Asking again for what is no message brings it again.
      if (OmgError.is(error)) throw error;
    }
    failures = position.lastEventId === lastEventId ? failures + 1 : 0;
  }
}
