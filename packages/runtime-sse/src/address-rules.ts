import ipaddr from "ipaddr.js";

/** Where clouds hand out credentials to whoever asks: never, whatever an entry says. */
const metadata = new Set([
  "169.254.169.254",
  "169.254.170.2",
  "169.254.170.23",
  "100.100.100.200",
  "fd00:ec2::254",
  "fd00:ec2::23",
  "fd20:ce::254",
]);

const privateRanges = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat"]);

/** Why an address must not be dialled; undefined if it may. */
export function refusalOf(address: string, allowPrivate: boolean): string | undefined {
  if (!ipaddr.isValid(address)) return "it is no address";
  const ip = plain(ipaddr.parse(address));
  if (metadata.has(ip.toString())) return "it is where clouds hand out credentials";
  const range = ip.range();
  if (range === "unicast") return undefined;
  if (!privateRanges.has(range))
    return `it is ${range === "unspecified" ? "no address of a server" : `of a special range (${range})`}`;
  return allowPrivate
    ? undefined
    : "it is of a private network; set allow_private_network: true if that is meant";
}

/** IPv4 in its IPv6 clothes is judged as what it is. */
function plain(ip: ipaddr.IPv4 | ipaddr.IPv6): ipaddr.IPv4 | ipaddr.IPv6 {
  if (ip.kind() === "ipv4") return ip;
  const v6 = ip as ipaddr.IPv6;
  if (v6.isIPv4MappedAddress()) return v6.toIPv4Address();
  const range = v6.range();
  // NAT64 and 6to4 carry an IPv4 address along.
  if (range === "rfc6052") return ipaddr.fromByteArray(v6.toByteArray().slice(12));
  if (range === "6to4") return ipaddr.fromByteArray(v6.toByteArray().slice(2, 6));
  return ip;
}
