import type { IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { ReloadReport } from "@omg/core";
import { type AppOptions, createApp } from "./app.ts";
import { type ContextOptions, type HttpContext, httpContext } from "./context.ts";
import { type Guard, isPublic } from "./guard.ts";
import { sendFailure } from "./http-errors.ts";
import { legacyEndpoints } from "./legacy-sse.ts";
import type { CatalogState } from "./management.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { shortageFor } from "./pressure.ts";
import { Sessions } from "./sessions.ts";
import { watchUnread } from "./unread.ts";

/** What a front is made with, whoever has its sockets. */
export interface FrontOptions extends ContextOptions {
  /** The key that every request must bring, but for `/health`, `/healthz` and `/readyz`. Required beyond loopback. */
  readonly apiKey?: string | undefined;
  /** Further host names this front answers to. Default: loopback names, and the address that it listens on, if it does. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** Origins of web pages that may use this front; `*`: all. Default: none but pages of this machine. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** Reads the catalog anew. Without it there is no `POST /admin/reload`. */
  readonly reload?: (() => Promise<ReloadReport>) | undefined;
  /** For `GET /stats` and `GET /readyz`. Default: the catalog is as it was read at the start or by the last reload. */
  readonly catalog?: (() => CatalogState) | undefined;
  /** The product's version, for `GET /stats`. */
  readonly version?: string | undefined;
}

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
  const app = createApp(context, endpoints, { ...options, isDraining: () => draining });
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false });

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
      incoming.socket.setTimeout(limits.stallMs);
      watchUnread(outgoing, () => outgoing.destroy());
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
      } else void answer(incoming, outgoing);
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
