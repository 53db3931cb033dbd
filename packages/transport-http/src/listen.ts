import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { OmgError } from "@omg/core";
import type { HttpContext } from "./context.ts";
import { bracketed, unbracketed } from "./host.ts";
import { handOverRequests } from "./late-headers.ts";
import { maxHeaders, serverSettings } from "./limits.ts";
import { PouredRequest } from "./poured-request.ts";

/** What to listen on, or is listened on. */
export interface HttpAddress {
  /** An address or a name; `localhost` means 127.0.0.1 and ::1. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

type ListenContext = Pick<HttpContext, "clock" | "limits" | "counters" | "emit">;

export interface ListenOptions {
  readonly context: ListenContext;
  readonly listener: RequestListener;
}

/** How often is told that there are too many connections. */
const TELL_MS = 60_000;
/** How often a port is picked anew that is free on one loopback address only. */
const ATTEMPTS = 20;

/** Binds all addresses, or none. Rejects with `port_in_use`, or `config_invalid` for an address that is not ours. */
export async function listenAll(
  addresses: readonly HttpAddress[],
  options: ListenOptions,
): Promise<Server[]> {
  const servers: Server[] = [];
  try {
    for (const address of addresses) {
      if (address.host === "localhost") servers.push(...(await listenLocalhost(address.port, options)));
      else servers.push(await listen({ ...address, host: unbracketed(address.host) }, options));
    }
    limitConnections(servers, options.context);
    return servers;
  } catch (error) {
    await Promise.all(servers.map(close));
    throw error;
  }
}

export function addressOf(server: Server): HttpAddress {
  const { address, port } = server.address() as AddressInfo;
  return { host: address, port };
}

/** Stops listening; resolves when all connections are gone. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** Of all servers together. A connection too many is closed before anything of it is read. */
function limitConnections(
  servers: readonly Server[],
  { clock, limits, counters, emit }: ListenContext,
): void {
  let toldAt = Number.NEGATIVE_INFINITY;
  const onConnection = (socket: Socket) => {
    if (counters.connections >= limits.connections) {
      counters.closedConnections++;
      socket.destroy();
      if (clock.now() - toldAt < TELL_MS) return;
      toldAt = clock.now();
      emit({ type: "http-connections-full", limit: limits.connections });
      return;
    }
    counters.connections++;
    socket.once("close", () => counters.connections--);
    // Nothing can be left unread before the first request, for whose head there is a limit of its own.
    socket.setTimeout(0);
  };
  for (const server of servers) server.on("connection", onConnection);
}

async function listenLocalhost(port: number, options: ListenOptions): Promise<Server[]> {
  for (let attempt = 1; ; attempt++) {
    const v4 = await listen({ host: "127.0.0.1", port }, options);
    try {
      return [v4, await listen({ host: "::1", port: addressOf(v4).port }, options)];
    } catch (error) {
      if (isMissing(error)) return [v4];
      await close(v4);
      if (port !== 0 || attempt === ATTEMPTS || codeOf(error) !== "EADDRINUSE") throw error;
    }
  }
}

function listen(address: HttpAddress, { context, listener }: ListenOptions): Promise<Server> {
  const { limits } = context;
  const { headersMs: headersTimeout, requestMs: requestTimeout } = limits;
  const server = createServer(
    { ...serverSettings, IncomingMessage: PouredRequest, headersTimeout, requestTimeout },
    listener,
  );
  handOverRequests(server);
  server.maxHeadersCount = maxHeaders + 1;
  // Node sets this anew with every request.
  server.timeout = limits.stallMs;
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(bindError(address, error)));
    server.listen({ host: address.host, port: address.port }, () => resolve(server));
  });
}

function bindError({ host, port }: HttpAddress, cause: NodeJS.ErrnoException): OmgError {
  const where = `${bracketed(host)}:${port}`;
  if (cause.code === "EADDRINUSE") {
    const message = `Cannot listen on ${where}: another process does. Stop it, or choose another port`;
    return new OmgError("port_in_use", { message, detail: cause.code, cause });
  }
  const message = `Cannot listen on ${where}: ${cause.message}. Choose an address and port that this machine grants`;
  return new OmgError("config_invalid", { message, detail: cause.code, cause });
}

/** Whether the machine has no such address at all. */
function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT" || code === "EINVAL";
}

function codeOf(error: unknown): string | undefined {
  return OmgError.is(error) ? error.detail : undefined;
}
