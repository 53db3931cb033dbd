import type { IncomingMessage, RequestListener } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { OmgError, type ReloadReport } from "@omg/core";
import { createApp } from "./app.ts";
import { type ContextOptions, type HttpCounters, httpContext } from "./context.ts";
import { createGuard, isPublic } from "./guard.ts";
import { bracketed, isLoopback } from "./host.ts";
import { sendFailure } from "./http-errors.ts";
import { legacyEndpoints } from "./legacy-sse.ts";
import { addressOf, close, type HttpAddress, listenAll } from "./listen.ts";
import type { CatalogState } from "./management.ts";
import { mcpEndpoint } from "./mcp-endpoint.ts";
import { shortageFor } from "./pressure.ts";
import { Sessions } from "./sessions.ts";
import { watchUnread } from "./unread.ts";

export type { CatalogState } from "./management.ts";

export interface ServeOptions extends ContextOptions {
  readonly listen: readonly HttpAddress[];
  /** The key that every request must bring, but for `/health`, `/healthz` and `/readyz`. Required beyond loopback. */
  readonly apiKey?: string | undefined;
  /** Further host names this front answers to. Default: loopback names, and the address it is bound to. */
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

/** A gateway, served over HTTP. Dispose: stop listening, end all sessions, close all sockets; the gateway lives on. */
export interface HttpFront extends AsyncDisposable {
  /** What is really listened on, ports resolved. */
  readonly addresses: readonly HttpAddress[];
  counters(): HttpCounters;
  /**
   * Reports `/readyz` as draining from now on and asks clients to leave; resolves when no request waits for its answer
   * any more, and ends the sessions' event streams then. The gateway's own `drain` is what refuses new calls, and ends what
   * clients without a session listen to.
   */
  drain(): Promise<void>;
}

/**
 * Serves a gateway over HTTP. Rejects with `unsafe_bind`, `port_in_use` or `config_invalid`, and listens on nothing
 * then.
 */
export async function serveHttp(options: ServeOptions): Promise<HttpFront> {
  const { listen } = options;
  checkServeOptions(options);
  const bound = listen.map(({ host }) => host);
  const guard = createGuard({ ...options, bound });
  const context = httpContext(options);
  const { counters, inFlight, limits, pressure } = context;
  const sessions = new Sessions(context);
  let draining = false;

  const mcp = mcpEndpoint(context, sessions);
  const endpoints = { mcp, ...legacyEndpoints(context, sessions) };
  const app = createApp(context, endpoints, { ...options, isDraining: () => draining });
  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false });
  const listener: RequestListener = (incoming, outgoing) => {
    if (draining) outgoing.setHeader("connection", "close");
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
  };
  const servers = await listenAll(listen, { context, listener }).catch(async (error: unknown) => {
    await sessions.close();
    throw error;
  });

  async function dispose(): Promise<void> {
    draining = true;
    const closed = servers.map(close);
    await sessions.close();
    // Last answers are with the operating system by the next turn.
    await new Promise((resolve) => setImmediate(resolve));
    for (const server of servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  let disposal: Promise<void> | undefined;
  return {
    addresses: servers.map(addressOf),
    counters: () => ({ ...counters, sessions: sessions.size, waiting: inFlight.count }),
    async drain() {
      draining = true;
      await inFlight.none();
      sessions.endStreams();
    },
    [Symbol.asyncDispose]() {
      disposal ??= dispose();
      return disposal;
    },
  };
}

/** Throws what `serveHttp` would reject with before it tries to listen: `unsafe_bind` or `config_invalid`. */
export function checkServeOptions(
  options: Pick<ServeOptions, "listen" | "apiKey" | "allowedHosts" | "corsOrigins">,
): void {
  checkExposure(options.listen, options.apiKey);
  createGuard({ ...options, bound: options.listen.map(({ host }) => host) });
}

/** Nobody beyond this machine gets in without a key. */
function checkExposure(listen: readonly HttpAddress[], apiKey: string | undefined): void {
  if (apiKey === "") throw new OmgError("config_invalid", { message: "The API key must not be empty" });
  const exposed = listen.find(({ host }) => !isLoopback(host));
  if (exposed === undefined || apiKey !== undefined) return;
  const where = `${bracketed(exposed.host)}:${exposed.port}`;
  const message = `Refusing to listen on ${where} without a key: set api_key, or listen on localhost`;
  throw new OmgError("unsafe_bind", { message });
}

/** Questions of health; and a session that ends makes room. */
function isAlwaysTaken({ method, url }: IncomingMessage): boolean {
  return method === "DELETE" || isPublic(method, url);
}
