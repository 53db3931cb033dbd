import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppOptions } from "./app.ts";
import { type HttpContext, httpContext } from "./context.ts";
import type { FrontOptions } from "./front-options.ts";
import { type Guard, isPublic } from "./guard.ts";
import { sendFailure } from "./http-errors.ts";
import { lateApp } from "./late-app.ts";
import { legacyEndpoints } from "./legacy-sse.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { shortageFor } from "./pressure.ts";
import { Sessions } from "./sessions.ts";
import { endUnread } from "./unread.ts";

/** A gateway's answers to requests, whoever has the sockets that they come over. */
export interface Front {
  readonly context: HttpContext;
  /** Sessions open now. */
  readonly sessions: number;
  readonly draining: boolean;
  /** Answers a request. Throws what the guard throws. */
  handle(incoming: IncomingMessage, outgoing: ServerResponse): void;
  drain(): Promise<void>;
  /** Ends all sessions. Answers of calls without one are left to whoever has the sockets. */
  close(): Promise<void>;
}

/** Puts the parts together that a request passes. */
export function createFront(options: FrontOptions & Pick<AppOptions, "management">, guard: Guard): Front {
  const context = httpContext(options);
  const { counters, inFlight, limits, pressure } = context;
  const sessions = new Sessions(context);
  let draining = false;

  const mcp = mcpEndpoint(context, sessions);
  const endpoints = { mcp, ...legacyEndpoints(context, sessions) };
  const answer = lateApp(context, endpoints, { ...options, isDraining: () => draining });

  return {
    context,
    get sessions() {
      return sessions.size;
    },
    get draining() {
      return draining;
    },
    handle(incoming, outgoing) {
      // Until the answer is out; then Node sets its own.
      if (incoming.socket.timeout !== limits.stallMs) incoming.socket.setTimeout(limits.stallMs);
      endUnread(outgoing);
      if (!guard(incoming, outgoing)) {
        if (outgoing.statusCode >= 400) counters.refused++;
        return;
      }
      const shortage = shortageFor("request", pressure());
      if (shortage !== undefined && !isAlwaysTaken(incoming)) {
        sendFailure(outgoing, shortage);
      } else if (incoming.url === "/mcp") {
        // Nearly every request: past the router, which takes 5 µs of some 80.
        mcp(incoming, outgoing, undefined);
      } else answer(incoming, outgoing);
    },
    async drain() {
      draining = true;
      await inFlight.none();
      sessions.endStreams();
    },
    async close() {
      draining = true;
      await sessions.close();
      // Last answers are with the operating system by the next turn.
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

/** Questions of health; and a session that ends makes room. */
function isAlwaysTaken({ method, url }: IncomingMessage): boolean {
  return method === "DELETE" || isPublic(method, url);
}
