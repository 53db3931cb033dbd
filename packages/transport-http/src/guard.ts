import type { IncomingMessage, ServerResponse } from "node:http";
import { type AdmissionOptions, admission } from "./admission.ts";
import { type Cors, corsPolicy } from "./cors.ts";
import { isNamed } from "./header.ts";
import { hostnameOf, hostPolicy, isLoopback, isLoopbackAddress, isLoopbackOrigin } from "./host.ts";
import { sendRefusal } from "./http-errors.ts";
import { maxHeaders } from "./limits.ts";
import { admit } from "./principal.ts";

/** What anyone may read: liveness and readiness, by these very request targets. */
const PUBLIC_PATHS = new Set(["/health", "/healthz", "/readyz"]);

export interface GuardOptions extends AdmissionOptions {
  readonly allowedHosts?: readonly string[] | undefined;
  readonly corsOrigins?: readonly string[] | undefined;
}

/**
 * Decides on a request before anything reads its body or makes a URL of its Host. Answers it itself if `false`. Throws what
 * a `principal` of others does.
 */
export type Guard = (incoming: IncomingMessage, outgoing: ServerResponse) => boolean;

/**
 * Host, then where a browser says it comes from, then the credential: for every route, known or not. What it lets in has
 * its principal noted, but for the public paths.
 */
export function createGuard(options: GuardOptions): Guard {
  const { bound, allowedHosts } = options;
  const callers = admission(options);
  const serves = hostPolicy({ bound: bound ?? [], allowedHosts, hasKey: callers.asks });
  const cors = corsPolicy(options.corsOrigins ?? []);
  const local = bound?.every(isLoopback);

  /** The Host that was served last: nearly always that of the next request. */
  let servedHost: string | undefined;

  return (incoming, outgoing) => {
    const { rawHeaders, url: target = "" } = incoming;
    // Older releases of Node drop what is over their limit in silence, a second Host included.
    if (rawHeaders.length > 2 * maxHeaders) return refuse(outgoing, 431, "Too many header fields");
    const headers = readHeaders(rawHeaders);
    const { hosts, origins } = headers;

    if (hosts.length !== 1 || hosts[0] !== servedHost) {
      const hostname = hosts.length === 1 ? hostnameOf(hosts[0] ?? "") : undefined;
      if (hostname === undefined)
        return refuse(outgoing, 400, "Exactly one well-formed Host header is required");
      if (!serves(hostname)) return refuse(outgoing, 403, `Host '${hostname}' is not served here`);
      servedHost = hosts[0];
    }
    if (!target.startsWith("/")) return refuse(outgoing, 400, "The request target must be a path");

    for (const origin of origins) {
      const ofThisMachine =
        isLoopbackOrigin(origin) && (local ?? isLoopbackAddress(incoming.socket.localAddress));
      if (!ofThisMachine && !cors.allows(origin)) {
        return refuse(outgoing, 403, "Requests of this origin are not served here");
      }
    }
    if (origins.length === 0 && isForAnotherSite(headers)) {
      return refuse(outgoing, 403, "Requests of other sites are not served here");
    }
    if (share(incoming, outgoing, cors, origins[0])) return false;

    if (callers.asks && isPublic(incoming.method, target)) return true;
    const principal = callers.principal(incoming, headers);
    if (typeof principal !== "string") {
      sendRefusal(outgoing, principal.status, principal.message, principal.headers);
      return false;
    }
    admit(incoming, principal);
    return true;
  };
}

interface GuardedHeaders {
  readonly hosts: string[];
  readonly origins: string[];
  authorization: string | undefined;
  apiKeyHeader: string | undefined;
  /** `Sec-Fetch-Site`, `-Mode` and `-Dest`: for whom, how and as what a browser fetches. */
  site: string | undefined;
  mode: string | undefined;
  destination: string | undefined;
}

function readHeaders(rawHeaders: readonly string[]): GuardedHeaders {
  const found: GuardedHeaders = {
    hosts: [],
    origins: [],
    authorization: undefined,
    apiKeyHeader: undefined,
    site: undefined,
    mode: undefined,
    destination: undefined,
  };
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? "";
    const value = rawHeaders[index + 1] ?? "";
    if (isNamed(name, "host")) found.hosts.push(value);
    else if (isNamed(name, "origin")) found.origins.push(value);
    else if (isNamed(name, "authorization")) found.authorization ??= value;
    else if (isNamed(name, "x-api-key")) found.apiKeyHeader ??= value;
    else if (isNamed(name, "sec-fetch-site")) found.site ??= value;
    else if (isNamed(name, "sec-fetch-mode")) found.mode ??= value;
    else if (isNamed(name, "sec-fetch-dest")) found.destination ??= value;
  }
  return found;
}

/**
 * Whether a browser fetches this for a page of another site, as an image, a script or a frame: it sends no Origin then. A
 * person who follows a link to here is let in.
 */
function isForAnotherSite({ site, mode, destination }: GuardedHeaders): boolean {
  return site === "cross-site" && !(mode === "navigate" && destination === "document");
}

/** Sets the headers for sharing across origins. Returns whether this was a preflight, which is answered then. */
function share(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  cors: Cors,
  origin: string | undefined,
): boolean {
  const headers = cors.headers(origin);
  if (headers === undefined) return false;
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) outgoing.setHeader(name, value);
  const preflight =
    incoming.method === "OPTIONS" &&
    origin !== undefined &&
    cors.allows(origin) &&
    incoming.headers["access-control-request-method"] !== undefined;
  if (preflight) {
    const requested = incoming.headers["access-control-request-headers"];
    outgoing.writeHead(204, cors.preflight(requested)).end();
  }
  return preflight;
}

/** Whether anybody may ask this: whether the gateway lives, and takes requests. */
export function isPublic(method: string | undefined, target = ""): boolean {
  if (method !== "GET" && method !== "HEAD") return false;
  const query = target.indexOf("?");
  return PUBLIC_PATHS.has(query === -1 ? target : target.slice(0, query));
}

function refuse(outgoing: ServerResponse, status: number, message: string): false {
  sendRefusal(outgoing, status, message);
  return false;
}
