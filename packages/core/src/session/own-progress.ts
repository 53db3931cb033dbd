import type { Clock } from "../clock.ts";
import { notificationFrame } from "../runtime/frame.ts";
import type { Call } from "./call.ts";

const everyMs = 5000;

/**
 * Tells a caller with a progress token what goes on in its place, at once and every five seconds, so that the client's own
 * timeout does not strike. Returns how to stop.
 */
export function tellProgress(call: Call, what: string, clock: Clock): () => void {
  const progressToken = call.frame.head.token;
  if (progressToken === undefined) return () => {};
  const since = clock.now();
  let stop = () => {};
  const tell = () => {
    const seconds = Math.round((clock.now() - since) / 1000);
    const message = seconds === 0 ? what : `${what} (${seconds} s)`;
    // Progress must never decrease, and the server's own starts near 0.
    const progress = call.ownProgress++ / 1e6;
    call.tell(notificationFrame("notifications/progress", { progressToken, progress, message }));
    stop = clock.after(everyMs, tell);
  };
  tell();
  return () => stop();
}

export function startingText(server: string): string {
  return `Starting server '${server}'`;
}
