import type { RequestListener } from "node:http";
import { OmgError } from "@omg/core";
import type { HttpCounters } from "./context.ts";
import { createFront } from "./front.ts";
import type { FrontOptions } from "./front-options.ts";
import { createGuard } from "./guard.ts";
import { bracketed, isLoopback } from "./host.ts";
import { addressOf, close, type HttpAddress, listenAll } from "./listen.ts";

/** What a front with sockets of its own is made with. */
export interface ServeOptions extends FrontOptions {
  /** What to listen on: all of them, or `serveHttp` rejects. */
  readonly listen: readonly HttpAddress[];
}

/** A gateway, served over HTTP. Dispose: stop listening, end all sessions, close all sockets; the gateway lives on. */
export interface HttpFront extends AsyncDisposable {
  /** What is really listened on, ports resolved. */
  readonly addresses: readonly HttpAddress[];
  /** Running totals since the start, and what is open now. */
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
  const front = createFront(options, createGuard({ ...options, bound }));
  const { context } = front;
  const { counters, inFlight } = context;
  const listener: RequestListener = (incoming, outgoing) => {
    if (front.draining) outgoing.setHeader("connection", "close");
    front.handle(incoming, outgoing);
  };
  const servers = await listenAll(listen, { context, listener }).catch(async (error: unknown) => {
    await front.close();
    throw error;
  });

  async function dispose(): Promise<void> {
    const closed = servers.map(close);
    await front.close();
    for (const server of servers) server.closeAllConnections();
    await Promise.all(closed);
  }

  let disposal: Promise<void> | undefined;
  return {
    addresses: servers.map(addressOf),
    counters: () => ({ ...counters, sessions: front.sessions, waiting: inFlight.count }),
    drain: () => front.drain(),
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
  const exposed = listen.find(({ host }) => !isLoopback(host));
  if (exposed === undefined || apiKey !== undefined) return;
  const where = `${bracketed(exposed.host)}:${exposed.port}`;
  const message = `Refusing to listen on ${where} without a key: set api_key, or listen on localhost`;
  throw new OmgError("unsafe_bind", { message });
}
