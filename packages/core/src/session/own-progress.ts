import type { Clock } from "../clock.ts";
import type { StartNews } from "../pool/start-news.ts";
import { notificationFrame } from "../runtime/frame.ts";
import type { Call } from "./call.ts";

const repeatMs = 5000;
/** A runtime may say a lot while it fetches something; of what comes faster the latest is told. */
const newsMs = 1000;

/**
 * Tells a caller with a progress token what goes on in its place: at once, what is new as it comes, and every five seconds
 * in any case, so that the client's own timeout does not strike. Returns how to stop.
 */
export function tellProgress(call: Call, what: string, clock: Clock, news?: StartNews): () => void {
  const progressToken = call.frame.head.token;
  if (progressToken === undefined) return () => {};
  const since = clock.now();
  let text = news?.latest ?? what;
  let toldAt = since;
  let stop = () => {};
  const tell = (message: string) => {
    stop();
    toldAt = clock.now();
    // Progress must never decrease, and the server's own starts near 0.
    const progress = call.ownProgress++ / 1e6;
    call.tell(notificationFrame("notifications/progress", { progressToken, progress, message }));
    stop = clock.after(repeatMs, () => tell(`${text} (${Math.round((clock.now() - since) / 1000)} s)`));
  };
  tell(text);
  const ignore = news?.listen((latest) => {
    text = latest;
    stop();
    const waitMs = toldAt + newsMs - clock.now();
    if (waitMs <= 0) tell(text);
    else stop = clock.after(waitMs, () => tell(text));
  });
  return () => {
    stop();
    ignore?.();
  };
}

export function startingText(server: string): string {
  return `Starting server '${server}'`;
}
