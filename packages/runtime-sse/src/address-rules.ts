import ipaddr from "ipaddr.js";

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Where clouds hand out credentials to whoever asks: never, whatever an entry says. */
const metadata = new Set(
  [
    "169.254.169.254", // most clouds
    "168.63.129.16", // Azure, with an address that is public elsewhere
    "100.100.100.200", // Alibaba
    "fd00:ec2::254", // AWS
    "fd00:ec2::23", // AWS, for pods
    "fd20:ce::254", // Google
    "fd00:c1::a9fe:a9fe", // Oracle
    "fd00:42::42", // Scaleway
    "fe80::a9fe:a9fe", // OpenStack
  ].map((address) => ipaddr.parse(address).toNormalizedString()),
);

/**
 * What `allow_private_network` opens. Of link-local addresses those of IPv6 only: a name in a home network often has one
 * beside its real one. Those of IPv4 are where clouds keep their services.
 */
const privateRanges = new Set(["loopback", "private", "uniqueLocal", "carrierGradeNat", "linkLocal6"]);

/** Used inside networks, for fake addresses by some VPN programs for example; never on the internet. */
const benchmarks = ipaddr.parseCIDR("198.18.0.0/15");
/** All that is handed out on the internet so far. */
const globalUnicast = ipaddr.parseCIDR("2000::/3");
const compatible = ipaddr.parseCIDR("::/96");
const wellKnownNat64 = ipaddr.parseCIDR("64:ff9b::/96");

/** Why an address must not be dialled; undefined if it may. */
export function refusalOf(address: string, allowPrivate: boolean): string | undefined {
  // A zone says by which interface; it changes nothing about the address.
  const bare = address.replace(/%.*$/s, "");
  if (!ipaddr.isValid(bare)) return "it is no address";
  const ip = ipaddr.parse(bare);
  const carried = carriedBy(ip);
  const judged = [...behindTunnel(ip), ...(carried.length === 0 ? [ip] : carried)];
  return judged.map((each) => refusalOfPlain(each, allowPrivate)).find((why) => why !== undefined);
}

function refusalOfPlain(ip: Address, allowPrivate: boolean): string | undefined {
  if (metadata.has(ip.toNormalizedString())) return "it is where clouds hand out credentials";
  const range = rangeOf(ip);
  if (range === "unicast") return undefined;
  if (range === "unspecified") return "it is no address of a server";
  if (!privateRanges.has(range)) return `it is of a special range (${range})`;
  return allowPrivate
    ? undefined
    : "it is of a private network; set allow_private_network: true if that is meant";
}

function rangeOf(ip: Address): string {
  const range = ip.range();
  if (ip.kind() === "ipv4") return ip.match(benchmarks) ? "private" : range;
  if (range === "linkLocal") return "linkLocal6";
  return range === "unicast" && !ip.match(globalUnicast) ? "reserved" : range;
}

/** The IPv4 addresses that an IPv6 address leads to, by the ways that were devised to carry them. */
function carriedBy(ip: Address): Address[] {
  if (ip.kind() === "ipv4") return [];
  const bytes = ip.toByteArray();
  const at = (offset: number) => ipaddr.fromByteArray(bytes.slice(offset, offset + 4));
  switch (ip.range()) {
    case "ipv4Mapped":
    case "rfc6145":
      return [at(12)];
    case "rfc6052":
      // Where it stands behind the prefix of local use, only that network knows.
      return ip.match(wellKnownNat64) ? [at(12)] : [];
    case "6to4":
      return [at(2)];
    case "teredo":
      // The relay, and the client, whose bits are turned over.
      return [at(4), ipaddr.fromByteArray(bytes.slice(12).map((byte) => byte ^ 0xff))];
    case "unicast":
      return ip.match(compatible) ? [at(12)] : [];
    default:
      return [];
  }
}

/** The IPv4 address in an interface id of ISATAP, 0:5efe or 200:5efe before it: its routers tunnel to it, below any prefix. */
function behindTunnel(ip: Address): Address[] {
  if (ip.kind() === "ipv4") return [];
  const [flags = 0, ...rest] = ip.toByteArray().slice(8);
  // The two lowest bits say whether the IPv4 address is unique and whether it is of a group.
  const isIsatap = (flags & 0xfc) === 0 && rest[0] === 0 && rest[1] === 0x5e && rest[2] === 0xfe;
  return isIsatap ? [ipaddr.fromByteArray(rest.slice(3))] : [];
}
