import type { IncomingMessage, ServerResponse } from "node:http";
import { isBatch, OmgError, parseFrame } from "@omg/core";
import { checkMedia, readBody } from "./body.ts";
import type { HttpContext } from "./context.ts";
import { countStream, eventStream } from "./event-streams.ts";
import { Refusal } from "./http-errors.ts";
import { LegacySession } from "./legacy-session.ts";
import type { McpEndpoint } from "./mcp-endpoint.ts";
import { mountOf } from "./mount.ts";
import { principalOf } from "./principal.ts";
import {
  checkAcceptsStream,
  checkVersion,
  failing,
  methodRefusal,
  sendAccepted,
  unknownServer,
  unknownSession,
} from "./requests.ts";
import type { Sessions } from "./sessions.ts";

export interface LegacyEndpoints {
  /** `GET /sse`: opens a session, which ends with this stream. */
  readonly sse: McpEndpoint;
  /** `POST /messages?sessionId=…`: takes one message; whatever comes of it goes over the stream. */
  readonly messages: McpEndpoint;
}

/** The transport of revision 2024-11-05, HTTP with server-sent events. */
export function legacyEndpoints(context: HttpContext, sessions: Sessions): LegacyEndpoints {
  const { gateway, limits, emit } = context;
  const fail = failing(context);

  async function open(incoming: IncomingMessage, outgoing: ServerResponse, server: string | undefined) {
    if (incoming.method !== "GET") throw methodRefusal(incoming.method, "GET");
    if (server !== undefined && gateway.server(server) === undefined) throw unknownServer(server);
    checkAcceptsStream(incoming);
    checkVersion(incoming);
    countStream(context, outgoing);
    const session = new LegacySession(context, { server, principal: principalOf(incoming) });
    outgoing.once("close", () => sessions.end(session).catch(report));
    await sessions.open(session);
    if (outgoing.destroyed) return;
    session.begin(
      eventStream(context, outgoing, { session: session.sessionId }),
      mountOf(incoming) + pathOf(session),
    );
  }

  async function take(incoming: IncomingMessage, outgoing: ServerResponse, server: string | undefined) {
    if (incoming.method !== "POST") throw methodRefusal(incoming.method, "POST");
    const id = new URLSearchParams(incoming.url?.split("?", 2)[1]).get("sessionId");
    if (id === null || id === "")
      throw new Refusal(400, "No session: open the event stream first, then POST to the address it brings");
    const session = sessions.find(LegacySession, id, { server, principal: principalOf(incoming) });
    if (session === undefined) throw unknownSession();
    checkMedia(incoming);
    checkVersion(incoming);
    const body = await readBody(incoming, limits.bodyBytes);
    // It may have ended while the body came in.
    if (session.closed) throw unknownSession();
    if (isBatch(body)) throw noBatch();
    session.receive(parseFrame(body));
    sendAccepted(outgoing);
  }

  function report(error: unknown) {
    emit({ type: "http-error", error });
  }

  return {
    sse(incoming, outgoing, server) {
      open(incoming, outgoing, server).catch((error: unknown) => fail(outgoing, error));
    },
    messages(incoming, outgoing, server) {
      take(incoming, outgoing, server).catch((error: unknown) => fail(outgoing, error));
    },
  };
}

/** Without a host, so that it is of the same origin however the client came here. */
function pathOf({ owner, sessionId }: LegacySession): string {
  const { server } = owner;
  const base = server === undefined ? "" : `/servers/${encodeURIComponent(server)}`;
  return `${base}/messages?sessionId=${sessionId}`;
}

function noBatch(): OmgError {
  return new OmgError("invalid_request", {
    message: "Batches do not exist here; send one message a request",
  });
}
