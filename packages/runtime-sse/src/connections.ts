import { request as httpRequest, STATUS_CODES } from "node:http";
import { isIP, connect as netConnect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type SecureContext, connect as tlsConnect } from "node:tls";
import { hostOf, portOf, proxyCredential } from "./proxies.ts";

export interface DialOptions {
  /** Where to; of it only protocol, host and port count. */
  readonly url: URL;
  /** The addresses of its host, all of them judged. */
  readonly addresses: readonly string[];
  readonly secureContext: () => SecureContext;
  /** Gives up, and ends the connection if it is being made. */
  readonly signal: AbortSignal;
}

/** Connects to one of the addresses, and speaks TLS if the URL says so. Rejects with what the system says. */
export function dial({ url, addresses, secureContext, signal }: DialOptions): Promise<Socket> {
  const host = hostOf(url);
  const options = {
    host,
    port: Number(portOf(url)),
    autoSelectFamily: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    // Not asked for a host that is an address already.
    lookup: (_name: string, _options: unknown, callback: LookupCallback) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      ),
  };
  if (url.protocol === "http:") return opened(netConnect(options), "connect", signal);
  return opened(tlsConnect({ ...options, ...tlsOptions(host, secureContext()) }), "secureConnect", signal);
}

type LookupCallback = (error: null, addresses: { address: string; family: number }[]) => void;

/** Speaks TLS through a connection that leads to the URL's host. */
export function secured(socket: Duplex, options: Omit<DialOptions, "addresses">): Promise<Socket> {
  const { url, secureContext, signal } = options;
  const host = hostOf(url);
  return opened(tlsConnect({ socket, host, ...tlsOptions(host, secureContext()) }), "secureConnect", signal);
}

/** What a proxy answers to CONNECT, if not that it is done. */
export class TunnelRefusal extends Error {
  override readonly name = "TunnelRefusal";
  readonly status: number;

  constructor(status: number) {
    super(`${status} ${STATUS_CODES[status] ?? ""}`.trimEnd());
    this.status = status;
  }
}

/** Asks a proxy, over a connection to it, for a way to the URL's host. Rejects with a `TunnelRefusal` if it has none. */
export function tunnel(socket: Socket, proxy: URL, { url, signal }: { url: URL; signal: AbortSignal }) {
  return new Promise<Duplex>((resolve, reject) => {
    const path = `${url.hostname}:${portOf(url)}`;
    const credential = proxyCredential(proxy);
    const request = httpRequest({
      method: "CONNECT",
      path,
      headers: { host: path, ...(credential === undefined ? {} : { "proxy-authorization": credential }) },
      createConnection: () => socket,
      signal,
    });
    request.once("connect", ({ statusCode = 0 }, way, first) => {
      if (statusCode < 200 || statusCode > 299) {
        way.destroy();
        reject(new TunnelRefusal(statusCode));
        return;
      }
      if (first.length > 0) way.unshift(first);
      resolve(way);
    });
    request.on("error", (error) => reject(signal.aborted ? signal.reason : error));
    request.end();
  });
}

function tlsOptions(host: string, secureContext: SecureContext) {
  return {
    // No address may stand here; the certificate is compared with the host then.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    secureContext,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    rejectUnauthorized: true,
    ALPNProtocols: ["http/1.1"],
  };
}

function opened(socket: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const giveUp = () => socket.destroy(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    socket.once(event, () => {
      signal.removeEventListener("abort", giveUp);
      resolve(socket);
    });
    // Stays: an error must not go unheard before somebody else listens.
    socket.on("error", (error) => {
      signal.removeEventListener("abort", giveUp);
      reject(error);
    });
  });
}
