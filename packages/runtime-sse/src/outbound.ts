import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from "undici";
import { refusalOf } from "./address-rules.ts";
import { failure } from "./failures.ts";

export interface OutboundOptions {
  /** Whose requests these are, for messages. */
  readonly url: URL;
  readonly allowPrivate: boolean;
  readonly connectMs: number;
  /** Certificates to trust besides the usual ones. */
  readonly ca?: readonly string[] | undefined;
  /** The usual variables of proxies: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, in capitals or not. */
  readonly env: Readonly<Record<string, string>>;
  /** For tests. */
  readonly resolve?: ((name: string) => Promise<readonly string[]>) | undefined;
}

const maxAddresses = 64;
const maxHeaderBytes = 64 * 1024;

/**
 * The one way out to a remote server: every request, whatever it is for, goes through this dispatcher. The address that
 * is dialled is the one that was judged; a name with one forbidden address is refused as a whole.
 */
export function outbound(options: OutboundOptions): Dispatcher {
  const proxied = proxyFor(options.env);
  const tls = options.ca ? { ca: [...options.ca] } : {};
  const settings = { maxHeaderSize: maxHeaderBytes, keepAliveTimeout: 30_000, pipelining: 1 } as const;
  // A proxy resolves names itself; it was chosen by whoever runs the gateway.
  if (proxied) return new EnvHttpProxyAgent({ ...settings, ...proxied, requestTls: tls });
  const plain = buildConnector({ timeout: options.connectMs, ...tls });
  const connect: buildConnector.connector = (target, callback) => {
    judged(target.hostname, options).then(
      (address) =>
        // The name stays the one that the certificate must have.
        plain({ ...target, hostname: address, servername: target.servername ?? target.hostname }, callback),
      (error: Error) => callback(error, null),
    );
  };
  return new Agent({ ...settings, connect });
}

/** The address to dial. Rejects with an `OmgError`, or as the name's resolution does. */
export async function judged(hostname: string, options: OutboundOptions): Promise<string> {
  const { url, allowPrivate, resolve = resolveAll } = options;
  const host = hostname.replace(/^\[|\]$/g, "");
  const addresses = isIP(host) === 0 ? await resolve(host) : [host];
  const [first] = addresses;
  if (first === undefined || addresses.length > maxAddresses) {
    throw Object.assign(new Error(`${host} has ${addresses.length} addresses`), { code: "ENODATA" });
  }
  for (const address of addresses) {
    const why = refusalOf(address, allowPrivate);
    if (why === undefined) continue;
    const where = address === host ? "" : ` of ${host}`;
    throw failure(
      "upstream_start_failed",
      url,
      `is not dialled: the address ${address}${where} is refused, ${why}`,
      { detail: "address_refused", executed: "no" },
    );
  }
  return first;
}

async function resolveAll(name: string): Promise<string[]> {
  return (await lookup(name, { all: true })).map(({ address }) => address);
}

function proxyFor(env: Readonly<Record<string, string>>) {
  const of = (name: string) => env[name.toLowerCase()] || env[name] || "";
  const httpProxy = of("HTTP_PROXY");
  const httpsProxy = of("HTTPS_PROXY");
  if (httpProxy === "" && httpsProxy === "") return undefined;
  // Empty is none: undici must not look into the environment of the process.
  return { httpProxy, httpsProxy, noProxy: of("NO_PROXY") };
}

/** Sees whether the server can be connected to. Rejects like a request would. Does nothing behind a proxy. */
export async function probe(options: OutboundOptions): Promise<void> {
  if (proxyFor(options.env)) return;
  const { url, connectMs, ca } = options;
  const address = await judged(url.hostname, options);
  const connector = buildConnector({ timeout: connectMs, ...(ca ? { ca: [...ca] } : {}) });
  const port = url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
  await new Promise<void>((resolve, reject) => {
    connector(
      {
        hostname: address,
        port,
        protocol: url.protocol,
        servername: url.hostname,
        host: url.host,
      } as buildConnector.Options,
      (error, socket) => {
        socket?.destroy();
        if (error) reject(error);
        else resolve();
      },
    );
  });
}
