import { isIPv6 } from "node:net";
import { OmgError } from "@omg/core";

const NAME = /^([A-Za-z0-9.-]+)(?::\d{1,5})?$/;
const V6 = /^(\[([0-9A-Fa-f:.]+)\])(?::\d{1,5})?$/;
const LOOPBACK_NAMES = ["localhost", "127.0.0.1", "[::1]"];
const LOOPBACK_ORIGIN = /^https?:\/\/(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/;

export interface HostPolicyOptions {
  /** Addresses the front listens on. */
  readonly bound: readonly string[];
  readonly allowedHosts: readonly string[] | undefined;
  readonly hasKey: boolean;
}

/** The host name of a Host header, in lower case and without the port; `undefined` when malformed. */
export function hostnameOf(header: string): string | undefined {
  const name = NAME.exec(header)?.[1];
  if (name !== undefined) return name.toLowerCase();
  const v6 = V6.exec(header);
  return v6?.[2] !== undefined && isIPv6(v6[2]) ? v6[1]?.toLowerCase() : undefined;
}

/** Decides which well-formed host names are served. Throws `config_invalid` for an allowed host that is none. */
export function hostPolicy({
  bound,
  allowedHosts,
  hasKey,
}: HostPolicyOptions): (hostname: string) => boolean {
  const allowed = new Set(LOOPBACK_NAMES);
  for (const host of allowedHosts ?? []) {
    const hostname = hostnameOf(bracketed(host));
    if (hostname === undefined) {
      throw new OmgError("config_invalid", {
        message: `allowedHosts: ${JSON.stringify(host)} is no host name`,
      });
    }
    allowed.add(hostname);
  }
  for (const host of bound) if (!isWildcard(host)) allowed.add(bracketed(host).toLowerCase());
  // Behind a wildcard the names are unknown; the key is the guard there.
  const any = hasKey && !allowedHosts?.length && bound.some(isWildcard);
  return (hostname) => any || allowed.has(hostname);
}

/** Whether an address stays on this machine. Names other than localhost count as reaching beyond it. */
export function isLoopback(host: string): boolean {
  const plain = unbracketed(host).toLowerCase();
  return plain === "localhost" || plain === "::1" || /^127(?:\.\d{1,3}){3}$/.test(plain);
}

/** Whether a socket's own address stays on this machine, also as IPv6 writes those of IPv4. One without is none of those. */
export function isLoopbackAddress(address: string | undefined): boolean {
  return address !== undefined && isLoopback(address.replace(/^::ffff:/i, ""));
}

/** Whether a web page's origin is served from this machine. */
export function isLoopbackOrigin(origin: string): boolean {
  return LOOPBACK_ORIGIN.test(origin);
}

/** An address as it stands in a URL. */
export function bracketed(host: string): string {
  // Node compiles a large expression for the question, which takes a start 3 ms; most hosts need not be asked about.
  return host.includes(":") && isIPv6(host) ? `[${host}]` : host;
}

/** An address as a socket wants it. */
export function unbracketed(host: string): string {
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

function isWildcard(host: string): boolean {
  const plain = unbracketed(host);
  return plain === "" || plain === "0.0.0.0" || /^[0:]+$/.test(plain);
}
