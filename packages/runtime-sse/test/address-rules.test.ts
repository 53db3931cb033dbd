import { describe, expect, test } from "vitest";
import { refusalOf } from "../src/address-rules.ts";

const always = [
  "1.1.1.1",
  "8.8.8.8",
  "100.63.255.255",
  "100.128.0.0",
  "172.15.255.255",
  "172.32.0.0",
  "198.17.255.255",
  "198.20.0.0",
  "2606:4700:4700::1111",
  "::ffff:8.8.8.8",
  "::8.8.8.8",
  "64:ff9b::808:808",
  "2002:808:808::",
  "2001:0:808:808::f7f7:f7f7",
  "2606:4700::5efe:8.8.8.8",
  "2606:4700::200:5efe:8.8.8.8",
  "2606:4700::400:5efe:127.0.0.1",
];

const ifAllowed = [
  "127.0.0.1",
  "127.255.255.254",
  "10.0.0.1",
  "172.16.0.1",
  "172.31.255.255",
  "192.168.1.1",
  "100.64.0.1",
  "100.127.255.255",
  "198.18.0.1",
  "198.19.255.255",
  "::1",
  "0:0:0:0:0:0:0:1",
  "fc00::1",
  "fdff::1",
  "fe80::1",
  "fe80::1%eth0",
  "::ffff:127.0.0.1",
  "::ffff:7f00:1",
  "::FFFF:7F00:1",
  "0:0:0:0:0:ffff:10.0.0.1",
  "::ffff:0:7f00:1",
  "::7f00:1",
  "::10.0.0.1",
  "64:ff9b::7f00:1",
  "64:ff9b::10.0.0.1",
  "2002:7f00:1::",
  "2002:c0a8:101::1",
  "2001:0:7f00:1::f7f7:f7f7",
  "2001:0:808:808::80ff:fffe",
  "2606:4700::5efe:127.0.0.1",
  "2606:4700::5efe:a00:1",
  "2606:4700::200:5efe:192.168.1.1",
  "2606:4700::300:5efe:192.168.1.1",
  "2002:808:808::5efe:127.0.0.1",
  "2002:7f00:1::5efe:8.8.8.8",
  "fe80::5efe:8.8.8.8",
  "fd00::5efe:10.0.0.1",
];

const metadata = [
  "169.254.169.254",
  "168.63.129.16",
  "100.100.100.200",
  "fd00:ec2::254",
  "FD00:0EC2:0:0:0:0:0:254",
  "fd00:ec2::23",
  "fd20:ce::254",
  "fd00:c1::a9fe:a9fe",
  "fd00:42::42",
  "fe80::a9fe:a9fe",
  "fe80::a9fe:a9fe%eth0",
  "::ffff:169.254.169.254",
  "::ffff:a9fe:a9fe",
  "::a9fe:a9fe",
  "64:ff9b::a9fe:a9fe",
  "2002:a9fe:a9fe::",
  "2001:0:a9fe:a9fe::f7f7:f7f7",
  "2001:0:808:808::5601:5601",
  "2606:4700::5efe:169.254.169.254",
  "2606:4700::200:5efe:a9fe:a9fe",
  "fe80::5efe:169.254.169.254",
];

const never = [
  "0.0.0.0",
  "0.1.2.3",
  "::",
  "::ffff:0.0.0.0",
  "169.254.0.1",
  "169.254.170.2",
  "192.0.0.1",
  "192.0.2.1",
  "198.51.100.1",
  "203.0.113.1",
  "224.0.0.1",
  "239.255.255.255",
  "240.0.0.1",
  "255.255.255.255",
  "64:ff9b:1::7f00:1",
  "100::1",
  "2001:db8::1",
  "3fff::1",
  "4000::1",
  "5f00::1",
  "fec0::1",
  "ff02::1",
  "::ffff:224.0.0.1",
  "2606:4700::5efe:224.0.0.1",
  "2001:db8::5efe:8.8.8.8",
  "",
  "example.com",
  "127.0.0.1:80",
  "[::1]",
];

describe("an address", () => {
  test.each(always)("of the internet may be dialled: %s", (address) => {
    expect(refusalOf(address, false)).toBeUndefined();
    expect(refusalOf(address, true)).toBeUndefined();
  });

  test.each(ifAllowed)("of a private network may be dialled if the entry says so: %s", (address) => {
    expect(refusalOf(address, false)).toContain("allow_private_network: true");
    expect(refusalOf(address, true)).toBeUndefined();
  });

  test.each(metadata)("of a cloud's credentials is never dialled: %s", (address) => {
    expect(refusalOf(address, false)).toContain("credentials");
    expect(refusalOf(address, true)).toContain("credentials");
  });

  test.each(never)("of no server is never dialled: '%s'", (address) => {
    expect(refusalOf(address, false)).toMatch(/^it is (no address|of a special range)/);
    expect(refusalOf(address, true)).toBe(refusalOf(address, false));
  });
});
