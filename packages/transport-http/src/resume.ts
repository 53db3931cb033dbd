import type { IncomingMessage, ServerResponse } from "node:http";
import { answerHeaders } from "./answer-headers.ts";
import type { HttpContext } from "./context.ts";
import { countStream, eventStream } from "./event-streams.ts";
import { headerOf } from "./header.ts";
import type { HttpSession } from "./http-session.ts";

/**
 * Answers a GET: goes on with the stream that `Last-Event-ID` names, or begins the session's own. Either takes over from
 * a connection that is open: the client knows better than we whether that one still works.
 */
export function resume(
  context: HttpContext,
  session: HttpSession,
  { incoming, outgoing }: { incoming: IncomingMessage; outgoing: ServerResponse },
): void {
  const { events, standalone } = session;
  const lastEventId = headerOf(incoming, "last-event-id");
  const found = lastEventId === undefined ? undefined : events.find(lastEventId);
  if (found === "over") {
    // To clients that are made for event streams this says: do not come back for it. A stream would replace their other one.
    outgoing.writeHead(204, answerHeaders).end();
    return;
  }
  const ofRequest = found !== undefined && found.stream !== events.standalone;
  // Who was told to come back must be let in.
  countStream(context, outgoing, ofRequest ? !found.stream.wasPaused : !standalone.connected);
  outgoing.once("close", () => session.touch());
  const connection = eventStream(context, outgoing, { session: session.sessionId });
  connection.flush();
  if (ofRequest) events.connect(found.stream, connection, found.after);
  else standalone.connect(connection, found?.after);
}
