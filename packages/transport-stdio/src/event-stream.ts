import { type Frame, parseFrame } from "@omg/core";
import { createParser } from "eventsource-parser";

/** How far a stream has been read: what is needed to go on with it after it has broken off. */
export interface Position {
  /** Undefined where the gateway gives its events no ids: then the rest is lost. */
  lastEventId?: string | undefined;
  /** Milliseconds the gateway wants to be left alone before it is asked to go on. */
  retryMs?: number | undefined;
}

export interface ReadOptions {
  readonly position: Position;
  readonly take: (frame: Frame) => void;
  /** Whether the rest is of no use. By default a stream is read to its end. */
  readonly done?: () => boolean;
}

export function isEventStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/** Reads messages until the stream ends; rejects when it breaks off, and with an `OmgError` when it holds something else. */
export async function readEvents(response: Response, options: ReadOptions): Promise<void> {
  const { position, take, done } = options;
  const parser = createParser({
    // Before the message is looked at: a bad one must not be asked for again.
    onId: (id) => {
      position.lastEventId = id === "" ? undefined : id;
    },
    onRetry: (ms) => {
      position.retryMs = ms;
    },
    // One without data only says where the stream stands.
    onEvent: ({ data }) => data !== "" && take(parseFrame(Buffer.from(data))),
  });
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    parser.feed(decoder.decode(chunk, { stream: true }));
    if (done?.()) break;
  }
}

/** Lets go of a response that nobody needs. */
export async function discard(response: Response): Promise<void> {
  await response.body?.cancel().catch(() => {});
}
