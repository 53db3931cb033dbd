import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { bytesOf, parsePort, parseVolume } from "../src/option-forms.ts";
import { dockerOptions } from "../src/options.ts";
import { remarksOn } from "../src/remarks.ts";

const pinned = `acme/server@sha256:${"0".repeat(64)}`;

describe("options that are taken", () => {
  test.each([
    { image: "server" },
    { image: "server:1.2_3-x" },
    { image: "acme/server" },
    { image: "ghcr.io/acme/a.b__c-d/server:1" },
    { image: "localhost:5000/server" },
    { image: "Registry.Example.com/server" },
    { image: pinned },
    { image: `ghcr.io/acme/server:1@sha256:${"a".repeat(64)}` },
    { image: "x", memory: "6m" },
    { image: "x", memory: "1.5G" },
    { image: "x", memory: "512MB" },
    { image: "x", memory: "6291456" },
    { image: "x", memory: "unlimited", cpus: "unlimited", pids_limit: "unlimited" },
    { image: "x", volumes: ["/a:/b", "./a:/b:ro", "~/a:/b:rw", "../a:/b", "name:/b", "~:/home"] },
    { image: "x", tmpfs: ["/cache", "/cache:size=64m,exec,mode=1777"] },
    {
      image: "x",
      ports: ["80", 80, "8080:80", "127.0.0.1:8080:80", "[::1]:8080:80/tcp", "53:53/udp", ":80"],
    },
    { image: "x", extra_hosts: ["db:10.0.0.1", "host.docker.internal:host-gateway", "six:fd00::1"] },
    { image: "x", network: "my_network.1" },
    { image: "x", transport: "http", port: 8080, path: "/" },
    { image: "x", engine: { host: "tcp://far:2376", ca_file: "a", cert_file: "b", key_file: "c" } },
    { image: "x", labels: { "com.example": "" } },
    { image: "x", env_file: ["a", "b"], args: [""] },
    { image: pinned, require_digest: true },
  ])("%j", (options) => {
    expect(v.safeParse(dockerOptions, options).issues).toBeUndefined();
  });
});

describe("options that are refused", () => {
  const image = "x";
  test.each([
    [{}, "image", "is required"],
    [{ image: "" }, "image", "must be the name of an image"],
    [{ image: "acme/UPPER" }, "image", "must be the name of an image"],
    [{ image: "a b" }, "image", "must be the name of an image"],
    [{ image: "--privileged" }, "image", "must be the name of an image"],
    [{ image: "x@sha256:12" }, "image", "must be the name of an image"],
    [{ image, require_digest: true }, "image", "must name a digest"],
    [{ image, command: "" }, "command", "must not be empty"],
    [{ image, command: "a\0b" }, "command", "NUL byte"],
    [{ image, args: ["a\0"] }, "args.0", "NUL byte"],
    [{ image, args: [1] }, "args.0", "string"],
    [{ image, memory: "5m" }, "memory", "must be a size of 6m or more, such as 512m or 2g, or unlimited"],
    [{ image, memory: "much" }, "memory", "must be a size"],
    [{ image, memory: "-1" }, "memory", "must be a size"],
    [{ image, memory: "1t" }, "memory", "must be a size"],
    [{ image, cpus: 0 }, "cpus", "must be a number from 0.01 to 1024, or unlimited"],
    [{ image, cpus: "1" }, "cpus", "must be a number from 0.01 to 1024, or unlimited"],
    [{ image, pids_limit: 0 }, "pids_limit", "must be a whole number from 1 to 4194304, or unlimited"],
    [{ image, pids_limit: 0.5 }, "pids_limit", "must be a whole number from 1 to 4194304, or unlimited"],
    [{ image, port: 1.5 }, "port", "expected int"],
    [{ image, pids_limit: 1.5 }, "pids_limit", "must be a whole number from 1 to 4194304, or unlimited"],
    [{ image, env_file: 7 }, "env_file", "must be the path of a file, or a list of such"],
    [{ image, ports: [{}] }, "ports.0", "must be host:container"],
    [{ image, network: "host" }, "network", "must not be host"],
    [{ image, network: "default" }, "network", "must not be default"],
    [{ image, network: "container:other" }, "network", "must be bridge, none, or the name of a network"],
    [{ image, volumes: ["/a"] }, "volumes.0", "must be host:container"],
    [{ image, volumes: ["/a:b"] }, "volumes.0", "must be host:container"],
    [{ image, volumes: ["/a:/b:z"] }, "volumes.0", "must be host:container"],
    [{ image, volumes: ["/a:/"] }, "volumes.0", "must not replace the root"],
    [{ image, volumes: ["a/b:/c"] }, "volumes.0", "must begin with a path"],
    [{ image, volumes: ["~other/x:/c"] }, "volumes.0", "must begin with a path"],
    [{ image, volumes: ["/var/run/docker.sock:/x"] }, "volumes.0", "must not hand an engine's socket"],
    [{ image, volumes: ["./podman.sock:/x:ro"] }, "volumes.0", "must not hand an engine's socket"],
    [{ image, tmpfs: ["cache"] }, "tmpfs.0", "must be an absolute path"],
    [{ image, ports: ["0"] }, "ports.0", "must be host:container"],
    [{ image, ports: ["70000:80"] }, "ports.0", "must be host:container"],
    [{ image, ports: ["80-90:80-90"] }, "ports.0", "must be host:container"],
    [{ image, ports: ["far.example.com:80:80"] }, "ports.0", "must be host:container"],
    [{ image, extra_hosts: ["db"] }, "extra_hosts.0", "must be name:address"],
    [{ image, user: "" }, "user", "must not be empty"],
    [{ image, working_dir: "x" }, "working_dir", "must be an absolute path"],
    [{ image, cap_add: ["net_raw"] }, "cap_add.0", "must be the name of a capability"],
    [
      { image, labels: { "io.omg.owner": "x" } },
      "labels.io.omg.owner",
      "must have a name, and none that begins with io.omg.",
    ],
    [{ image, container_name: "a b" }, "container_name", "must be letters"],
    [{ image, transport: "http" }, "port", "is required with transport: http"],
    [{ image, port: 80 }, "port", "goes with transport: http"],
    [{ image, transport: "http", port: 80, path: "mcp" }, "path", "must begin with /"],
    [
      { image, transport: "http", port: 80, network: "none" },
      "network",
      "must not be none with transport: http",
    ],
    [{ image, network: "none", ports: ["80"] }, "network", "must not be none with ports"],
    [{ image, engine: {} }, "engine", "must say one of socket, host and context"],
    [{ image, engine: { socket: "a", host: "b" } }, "engine", "must say one of"],
    [{ image, engine: { host: "b", cert_file: "c" } }, "engine", "belong together"],
    [{ image, engine: { socket: "a", ca_file: "c" } }, "engine", "certificates go with host"],
    [{ image, nonsense: true }, "nonsense", `Unrecognized key: "nonsense"`],
  ])("%j", (options, path, message) => {
    const issues = v.safeParse(dockerOptions, options).issues ?? [];
    const found = issues.map(
      ({ path = [], message }) => `${path.map(({ key }) => key).join(".")}: ${message}`,
    );
    expect(found, found.join("\n")).toEqual([expect.stringContaining(message)]);
    expect(found[0]).toMatch(new RegExp(`^${path}: `));
  });
});

describe("forms", () => {
  test("sizes are those of docker", () => {
    expect(["1b", "1k", "1kb", "1M", "1.5g", "7"].map(bytesOf)).toEqual([
      1,
      1024,
      1024,
      1024 ** 2,
      1.5 * 1024 ** 3,
      7,
    ]);
  });

  test("a port is published on loopback unless it says otherwise", () => {
    expect(parsePort("80")).toEqual({ address: "127.0.0.1", hostPort: "", containerPort: "80/tcp" });
    expect(parsePort("8080:80/udp")).toEqual({
      address: "127.0.0.1",
      hostPort: "8080",
      containerPort: "80/udp",
    });
    expect(parsePort("[::]:8080:80")).toEqual({ address: "::", hostPort: "8080", containerPort: "80/tcp" });
  });

  test("a volume may be written to unless it says otherwise", () => {
    expect(parseVolume("/a:/b")).toEqual({ source: "/a", target: "/b", readOnly: false });
    expect(parseVolume("a:/b:ro")).toEqual({ source: "a", target: "/b", readOnly: true });
  });
});

describe("remarks", () => {
  const remarks = (options: object) =>
    remarksOn(v.parse(dockerOptions, { image: pinned, ...options })).map(
      ({ path, message }) => `${path?.join(".")}: ${message}`,
    );

  test("there are none on an entry that takes nothing off", () => {
    expect(remarks({})).toEqual([]);
    expect(remarks({ volumes: ["/a:/b:ro"], ports: ["8080:80"], user: "1000:1000" }).slice(1)).toEqual([]);
  });

  test.each([
    [{ image: "server:1" }, "image: a tag can be moved to another image; name@sha256:… can not"],
    [{ read_only: false }, "read_only: the server can change its own files"],
    [{ memory: "unlimited" }, "memory: the server can take all memory"],
    [{ cpus: "unlimited" }, "cpus: the server can take all processors"],
    [{ pids_limit: "unlimited" }, "pids_limit: the server can start processes without end"],
    [{ user: "root" }, "user: the server runs as root"],
    [{ user: "0:0" }, "user: the server runs as root"],
    [{ user: "00" }, "user: the server runs as root"],
    [{ cap_add: ["SYS_ADMIN"] }, "cap_add.0: the server gets the capability SYS_ADMIN"],
    [{ volumes: ["/a:/b:ro", "/a:/c"] }, "volumes.1: the server can write there"],
    [{ ports: ["0.0.0.0:80:80"] }, "ports.0: whoever reaches 0.0.0.0 of this machine"],
    [{ ports: ["[::]:80:80"] }, "ports.0: whoever reaches :: of this machine"],
    [{ engine: { host: "tcp://far:2375" } }, "engine.host: without TLS"],
  ])("%j", (options, remark) => {
    expect(remarks(options)).toEqual([expect.stringContaining(remark)]);
  });

  test.each([
    { engine: { host: "tcp://far:2376", ca_file: "a" } },
    { engine: { host: "tcp://far:2376", cert_file: "a", key_file: "b" } },
    { engine: { host: "https://far" } },
    { engine: { host: "tcp://127.0.0.1:2375" } },
    { user: "rooted" },
    { ports: ["127.0.0.2:80:80", "[::1]:80:80"] },
  ])("%j needs none", (options) => {
    expect(remarks(options)).toEqual([]);
  });
});
