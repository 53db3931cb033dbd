import { lookup } from "node:dns/promises";
import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { createSecureContext, type SecureContext } from "node:tls";
import { OmgError, unless } from "@omg/core/runtime";
import { failure, networkFailure } from "@omg/upstream-http";
import { Agent, type Dispatcher } from "undici";
import { refusalOf } from "./address-rules.ts";
import { advice } from "./advice.ts";
import { dial, secured, TunnelRefusal, tunnel } from "./connections.ts";
import { hostOf, isLocalhost, type ProxyVariables, proxyCredential, proxyFor } from "./proxies.ts";

export interface OutboundOptions {
  /** Whose requests these are, for messages. */
  readonly url: URL;
  readonly allowPrivate: boolean;
  /** Longest time for a connection: name, proxy and certificate included. */
  readonly connectMs: number;
  /** The certificates to trust; absent: the usual ones. */
  readonly ca?: readonly string[] | undefined;
  readonly env: ProxyVariables;
  /** For tests. */
  readonly resolve?: ((name: string) => Promise<readonly string[]>) | undefined;
}

const maxAddresses = 64;
const maxHeaderBytes = 64 * 1024;
/** Some servers close idle connections after 5 s without saying so before. */
const idleMs = 4_000;

/**
 * The one way out to a remote server: every request, whatever it is for, goes through this dispatcher. The address that
 * is dialled is one that was judged; a name with one forbidden address is refused as a whole. It speaks HTTP/1.1 only.
 *
 * Behind a proxy names are the proxy's to resolve, and what it reaches is for whoever runs it to say; addresses are
 * judged all the same, and so is everything that goes past it: this machine and what NO_PROXY names. The proxy itself may
 * be in a private network: whoever runs the gateway has chosen it.
 */
export function outbound(options: OutboundOptions): Outbound {
  return new GuardedAgent(options);
}

export interface Outbound extends Dispatcher {
  /** Connects to the server, or to the proxy in front of it, for the first request. Rejects with an `OmgError`. */
  connectAhead(): Promise<void>;
}

/** undici knows nothing of connections that are being made; this one ends them too. */
class GuardedAgent extends Agent implements Outbound {
  readonly #closing: AbortController;
  readonly #connectAhead: () => Promise<void>;
  readonly #env: ProxyVariables;
  readonly #proxies = new Map<string, URL | undefined>();

  constructor(options: OutboundOptions) {
    const closing = new AbortController();
    const connect = connector(options, closing.signal);
    const { origin } = options.url;
    let ahead: Socket | undefined;
    const connected = async (url: URL) => {
      if (url.origin !== origin || !ahead) return connect(url);
      const socket = ahead;
      ahead = undefined;
      return socket.destroyed ? connect(url) : socket;
    };
    super({
      maxHeaderSize: maxHeaderBytes,
      keepAliveTimeout: idleMs,
      allowH2: false,
      connect({ protocol, hostname, port }, callback) {
        const host = isIP(hostname) === 6 ? `[${hostname}]` : hostname;
        connected(new URL(`${protocol}//${host}:${port ?? ""}`)).then(
          (socket) => callback(null, socket),
          (error: Error) => callback(error, null),
        );
      },
    });
    this.#closing = closing;
    this.#connectAhead = async () => {
      ahead = await connect(options.url);
      closing.signal.addEventListener("abort", () => ahead?.destroy(), { once: true });
      if (closing.signal.aborted) ahead.destroy();
      setTimeout(() => ahead?.destroy(), idleMs).unref();
    };
    this.#env = options.env;
  }

  connectAhead(): Promise<void> {
    return this.#connectAhead();
  }

  override dispatch(options: Agent.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    const origin = String(options.origin);
    const proxy = this.#proxyOf(origin);
    return super.dispatch(proxy ? viaProxy(options, origin, proxy) : options, handler);
  }

  /** Looked up once for each of the few origins: it takes longer than all else here does for a call. */
  #proxyOf(origin: string): URL | undefined {
    let proxy = this.#proxies.get(origin);
    if (proxy === undefined && !this.#proxies.has(origin)) {
      const url = new URL(origin);
      proxy = url.protocol === "http:" ? proxyFor(url, this.#env) : undefined;
      this.#proxies.set(origin, proxy);
    }
    return proxy;
  }

  override destroy(...rest: []): Promise<void> {
    this.#closing.abort(new Error("The connection is not needed any more"));
    return super.destroy(...rest);
  }
}

/** A proxy is told whole URLs of what it asks for itself, which is plain HTTP. */
function viaProxy(options: Agent.DispatchOptions, origin: string, proxy: URL): Agent.DispatchOptions {
  const credential = proxyCredential(proxy);
  const own = credential === undefined ? {} : { "proxy-authorization": credential };
  const headers = { ...(options.headers as Record<string, string> | null), ...own };
  return { ...options, path: `${origin}${options.path}`, headers };
}

type Connect = (url: URL) => Promise<Socket>;

/** Makes connections, each within the time for one, until `closing` is aborted. They reject with `OmgError`s. */
function connector(options: OutboundOptions, closing: AbortSignal): Connect {
  const { ca, connectMs, env } = options;
  let context: SecureContext | undefined;
  const secureContext = () => {
    context ??= createSecureContext({ minVersion: "TLSv1.2", ...(ca ? { ca: [...ca] } : {}) });
    return context;
  };
  return async (target) => {
    const url = target.origin === options.url.origin ? options.url : target;
    const late = AbortSignal.timeout(connectMs);
    const signal = AbortSignal.any([closing, late]);
    try {
      const proxy = proxyFor(url, env);
      if (proxy) return await throughProxy(proxy, { url, options, secureContext, signal });
      const addresses = await unless(signal, judged(url, options));
      return await dial({ url, addresses, secureContext, signal });
    } catch (error) {
      if (error !== late.reason || !late.aborted) throw networkFailure(url, error, { sent: false, advice });
      const what = `can not be reached within ${connectMs / 1000} s (connect_timeout_seconds); is the server up?`;
      throw failure("upstream_start_failed", url, what, { detail: "connect", executed: "no" });
    }
  };
}

interface Way {
  readonly url: URL;
  readonly options: OutboundOptions;
  readonly secureContext: () => SecureContext;
  readonly signal: AbortSignal;
}

async function throughProxy(proxy: URL, { url, options, secureContext, signal }: Way): Promise<Socket> {
  if (isIP(hostOf(url)) !== 0) await judged(url, options);
  let tunnelled: Duplex;
  try {
    const addresses = await unless(signal, judged(proxy, { ...options, allowPrivate: true }));
    const socket = await dial({ url: proxy, addresses, secureContext, signal });
    if (url.protocol === "http:") return socket;
    tunnelled = await tunnel(socket, proxy, { url, signal });
  } catch (error) {
    if (OmgError.is(error) || signal.aborted) throw error;
    const what = `can not be reached through the proxy ${proxy.host}: ${proxyFault(error)}`;
    throw failure("upstream_start_failed", url, what, { detail: "proxy", executed: "no", cause: error });
  }
  return secured(tunnelled, { url, secureContext, signal });
}

function proxyFault(error: unknown): string {
  if (!(error instanceof TunnelRefusal))
    return `no connection to it (${(error as NodeJS.ErrnoException).code ?? error})`;
  const fix = error.status === 407 ? "; put user and password into the address of the proxy" : "";
  return `it answered ${error.message}${fix}`;
}

/** The addresses that may be dialled. Rejects with an `OmgError`, or as the name's resolution does. */
async function judged(url: URL, options: OutboundOptions): Promise<readonly string[]> {
  const host = hostOf(url);
  const addresses = await addressesOf(host, url, options);
  if (addresses.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: "ENODATA" });
  if (addresses.length > maxAddresses)
    throw refused(url, `the name ${host} has ${addresses.length} addresses, more than ${maxAddresses}`);
  for (const address of addresses) {
    const why = refusalOf(address, options.allowPrivate);
    const where = address === host ? "" : ` of ${host}`;
    if (why !== undefined) throw refused(url, `the address ${address}${where} is refused, ${why}`);
  }
  return addresses;
}

async function addressesOf(host: string, { hostname }: URL, { resolve = resolveAll }: OutboundOptions) {
  if (isIP(host) !== 0) return [host];
  // The dot at the end of a name keeps resolvers from trying others.
  return isLocalhost(host) ? ["127.0.0.1", "::1"] : resolve(hostname);
}

async function resolveAll(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function refused(url: URL, why: string): OmgError {
  return failure("upstream_start_failed", url, `is not dialled: ${why}`, {
    detail: "address_refused",
    executed: "no",
  });
}
