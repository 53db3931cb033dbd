import { type Frame, oneLine, oneLineText } from "@omg/core";

/** A server-sent event, ready to be written. */
export interface SseEvent {
  readonly bytes: Buffer;
  /** Whether a client can do without it. */
  readonly droppable: boolean;
}

const OPENING = "event: message\ndata: ";
const PLAIN_OPENING = Buffer.from(OPENING);
const CLOSING = Buffer.from("\n\n");

/** A message; with an id, a client can ask for what comes after it. */
export function messageEvent(frame: Frame, id?: string): SseEvent {
  const opening = id === undefined ? PLAIN_OPENING : Buffer.from(`id: ${id}\n${OPENING}`);
  return { bytes: Buffer.concat([opening, oneLine(frame.bytes), CLOSING]), droppable: isHint(frame) };
}

/** A message by itself, as text with one character a byte. There is nothing after it to come back for. */
export function loneEvent(message: string): string {
  return `${OPENING}${oneLineText(message)}\n\n`;
}

/** Nothing but an id to come back with, and when: for clients that take an event without data. */
export function primingEvent(id: string, retryMs: number): SseEvent {
  return { bytes: Buffer.from(`id: ${id}\nretry: ${retryMs}\ndata: \n\n`), droppable: false };
}

/** Where to POST messages, in the transport of 2024-11-05. */
export function endpointEvent(path: string): SseEvent {
  return { bytes: Buffer.from(`event: endpoint\ndata: ${path}\n\n`), droppable: false };
}

function isHint({ head }: Frame): boolean {
  return head.method === "notifications/progress" || head.method === "notifications/message";
}
