import { type Frame, notificationFrame, type RequestId } from "../runtime/frame.ts";

/** Tells a server that nobody waits for the answer to a request any more. */
export function cancellation(requestId: RequestId, reason: string): Frame {
  return notificationFrame("notifications/cancelled", { requestId, reason });
}
