import { failure } from "@omg/upstream-http";
import ipaddr from "ipaddr.js";

/** The usual variables of proxies: HTTP_PROXY, HTTPS_PROXY, NO_PROXY, in capitals or not. */
export type ProxyVariables = Readonly<Record<string, string>>;

/**
 * The proxy that leads to a place, undefined for none. What is on this machine is never asked of a proxy. Throws an
 * `OmgError` when the variable holds no address of a proxy.
 */
export function proxyFor(url: URL, env: ProxyVariables): URL | undefined {
  const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const value = variable(name, env);
  const host = hostOf(url);
  if (value === "" || isThisMachine(host) || isExcepted(host, url, variable("NO_PROXY", env)))
    return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  if (proxy && /^https?:$/.test(proxy.protocol)) return proxy;
  const why = proxy ? `a proxy of the kind '${proxy.protocol}'` : "no address of a proxy";
  throw failure(
    "upstream_start_failed",
    url,
    `is not dialled: ${name} holds ${why}; it must be like http://proxy.example.com:8080`,
    { detail: "proxy", executed: "no" },
  );
}

/** The name or address, without brackets, in small letters, without the dot at the end. */
export function hostOf({ hostname }: Pick<URL, "hostname">): string {
  return hostname
    .replace(/^\[|\]$/g, "")
    .replace(/(?<=.)\.$/, "")
    .toLowerCase();
}

/** Names that mean this machine, whatever a resolver says (RFC 6761). */
export function isLocalhost(host: string): boolean {
  return host === "localhost" || host.endsWith(".localhost");
}

/** What `proxy-authorization` must say, undefined for nothing. */
export function proxyCredential({ username, password }: URL): string | undefined {
  if (username === "" && password === "") return undefined;
  const pair = [username, password].map((part) => decodeURIComponent(part)).join(":");
  return `Basic ${Buffer.from(pair).toString("base64")}`;
}

/** As curl has it: small letters first, and what is empty counts as not set. */
function variable(name: string, env: ProxyVariables): string {
  return (env[name.toLowerCase()] || env[name] || "").trim();
}

function isThisMachine(host: string): boolean {
  return isLocalhost(host) || (ipaddr.isValid(host) && ipaddr.process(host).range() === "loopback");
}

/** Whether one of NO_PROXY means the host: a name with all below it, an address, a range like 10.0.0.0/8, or `*`. */
function isExcepted(host: string, url: URL, list: string): boolean {
  const port = portOf(url);
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      const parts = /^(?:\[(?<v6>[^\]]+)\]|(?<name>[^:]+))(?::(?<port>\d+))?$/.exec(entry)?.groups;
      if (parts?.port !== undefined && parts.port !== port) return false;
      return isMeant(host, parts?.v6 ?? parts?.name ?? entry);
    });
}

function isMeant(host: string, entry: string): boolean {
  if (entry === "*") return true;
  if (!ipaddr.isValid(host)) {
    const name = entry.replace(/^\*?\./, "").replace(/\.$/, "");
    return host.endsWith(`.${name}`) || (host === name && !entry.startsWith("*"));
  }
  const address = ipaddr.process(host);
  if (ipaddr.isValid(entry))
    return ipaddr.process(entry).toNormalizedString() === address.toNormalizedString();
  if (!ipaddr.isValidCIDR(entry)) return false;
  const [network, bits] = ipaddr.parseCIDR(entry);
  return network.kind() === address.kind() && address.match([network, bits]);
}

/** The port, also where the URL leaves it out. */
export function portOf({ port, protocol }: URL): string {
  return port === "" ? (protocol === "https:" ? "443" : "80") : port;
}
