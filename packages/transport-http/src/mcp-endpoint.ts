import type { IncomingMessage, ServerResponse } from "node:http";
import { batchFrames, isBatch, isSupportedVersion, parseFrame } from "@omg/core";
import type { Accepts } from "./accept.ts";
import { emptyAnswerHeaders } from "./answer-headers.ts";
import { checkMedia, isFormByTool, readBody, takeBody } from "./body.ts";
import type { HttpContext } from "./context.ts";
import { answerEnvelope, envelopeMembers } from "./envelope.ts";
import { headerOf } from "./header.ts";
import { Refusal } from "./http-errors.ts";
import { HttpSession } from "./http-session.ts";
import { ModernEndpoint, type ModernPost } from "./modern-endpoint.ts";
import { namesModernEra } from "./modern-version.ts";
import { principalOf } from "./principal.ts";
import {
  checkAccept,
  checkAcceptsStream,
  checkVersion,
  failing,
  methodRefusal,
  sendAccepted,
  unknownServer,
  unknownSession,
} from "./requests.ts";
import { resume } from "./resume.ts";
import type { Sessions } from "./sessions.ts";

const ALLOW = "GET, POST, DELETE";
const MODERN_ALLOW = "POST";
const BATCH_VERSION = "2025-03-26";

/** Answers one request on Node's own objects; never throws. `server` is `undefined` on the aggregate. */
export type McpEndpoint = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  server: string | undefined,
) => void;

/** MCP's Streamable HTTP: here in the revisions that have sessions, what is of the modern era is handed on. */
export function mcpEndpoint(context: HttpContext, sessions: Sessions): McpEndpoint {
  const { gateway, limits, emit } = context;
  const fail = failing(context);
  const modern = new ModernEndpoint(context);
  return (incoming, outgoing, server) => {
    if (incoming.method === "POST" && headerOf(incoming, "mcp-session-id") !== undefined) {
      next(incoming, outgoing, server);
    } else handle(incoming, outgoing, server).catch((error: unknown) => fail(outgoing, error));
  };

  async function handle(incoming: IncomingMessage, outgoing: ServerResponse, server: string | undefined) {
    const { method } = incoming;
    if (method === "POST") await first(incoming, outgoing, server);
    else if (namesModernEra(headerOf(incoming, "mcp-protocol-version"))) {
      throw methodRefusal(method, MODERN_ALLOW);
    } else if (method === "GET") {
      checkAcceptsStream(incoming);
      checkVersion(incoming);
      resume(context, sessionOf(incoming, server), { incoming, outgoing });
    } else if (method === "DELETE") {
      checkVersion(incoming);
      await sessions.end(sessionOf(incoming, server));
      outgoing.writeHead(200, emptyAnswerHeaders).end();
    } else throw methodRefusal(method, ALLOW);
  }

  /** A POST of a client without a session: `initialize`, or one of the forms that need none. */
  async function first(incoming: IncomingMessage, outgoing: ServerResponse, server: string | undefined) {
    const aggregate = server === undefined;
    checkMedia(incoming, { form: aggregate });
    const body = await readBody(incoming, limits.bodyBytes);
    const members = aggregate ? envelopeMembers(body) : undefined;
    if (members !== undefined) return answerEnvelope(context, outgoing, body, members);
    if (isFormByTool(incoming)) throw new Refusal(415, "Content-Type must be application/json");
    const accepts = checkAccept(incoming);
    if (!isLegacy(incoming)) return modern.receive({ incoming, outgoing, server }, body, accepts);
    if (isBatch(body)) throw noSession();
    const frame = parseFrame(body);
    if (frame.head.version !== undefined)
      return modern.answer({ incoming, outgoing, server }, frame, accepts);
    try {
      if (server !== undefined && gateway.server(server) === undefined) throw unknownServer(server);
      if (frame.head.method !== "initialize" || frame.head.kind !== "request") throw noSession();
      const owner = { server, principal: principalOf(incoming) };
      const session = await sessions.open(new HttpSession(context, owner));
      // A conversation that could not be opened leaves nothing behind.
      const onRefused = () => queueMicrotask(() => sessions.end(session).catch(report));
      session.expect([frame], { outgoing, accepts, onRefused });
      session.receive(frame);
    } catch (error) {
      fail(outgoing, error, frame.head.id);
    }
  }

  /** A POST within a session: nearly every request. */
  function next(incoming: IncomingMessage, outgoing: ServerResponse, server: string | undefined): void {
    const failed = (error: unknown) => fail(outgoing, error);
    if (!isLegacy(incoming)) {
      modern.read({ incoming, outgoing, server });
      return;
    }
    try {
      const accepts = checkAccept(incoming);
      checkMedia(incoming);
      const session = sessionOf(incoming, server);
      const received = (body: Buffer) => {
        try {
          receive(session, body, { incoming, outgoing, server }, accepts);
        } catch (error) {
          failed(error);
        }
      };
      takeBody(incoming, limits.bodyBytes, received, failed);
    } catch (error) {
      failed(error);
    }
  }

  function receive(session: HttpSession, body: Buffer, post: ModernPost, accepts: Accepts): void {
    const { outgoing } = post;
    // It may have ended while the body came in.
    if (session.closed) throw unknownSession();
    if (isBatch(body)) {
      batch(session, body, outgoing, accepts);
      return;
    }
    const frame = parseFrame(body);
    if (frame.head.version !== undefined) modern.answer(post, frame, accepts);
    else if (frame.head.kind === "request") {
      session.expect([frame], { outgoing, accepts });
      session.receive(frame);
    } else {
      session.receive(frame);
      sendAccepted(outgoing);
    }
  }

  function batch(session: HttpSession, body: Buffer, outgoing: ServerResponse, accepts: Accepts) {
    if (session.protocolVersion !== BATCH_VERSION) {
      throw new Refusal(400, `Batches exist in revision ${BATCH_VERSION} only; send one message a request`);
    }
    const frames = batchFrames(body, limits.batchMessages);
    const requests = frames.filter(({ head }) => head.kind === "request");
    if (requests.length > 0) {
      if (!accepts.stream) throw new Refusal(406, "A batch is answered as text/event-stream; accept it");
      session.expect(requests, { outgoing, accepts: { json: false, stream: true } });
    }
    for (const frame of frames) session.receive(frame);
    if (requests.length === 0) sendAccepted(outgoing);
  }

  function sessionOf(incoming: IncomingMessage, server: string | undefined): HttpSession {
    const id = headerOf(incoming, "mcp-session-id");
    if (id === undefined) throw noSession();
    const session = sessions.find(HttpSession, id, { server, principal: principalOf(incoming) });
    if (session === undefined) throw unknownSession();
    session.touch();
    return session;
  }

  function report(error: unknown) {
    emit({ type: "http-error", error });
  }
}

/** Whether a POST is in a revision that has sessions, as far as its header says: one without it may be. */
function isLegacy(incoming: IncomingMessage): boolean {
  const version = headerOf(incoming, "mcp-protocol-version");
  return version === undefined || isSupportedVersion(version);
}

function noSession(): Refusal {
  return new Refusal(400, "No session: send initialize first, then its Mcp-Session-Id with every request");
}
