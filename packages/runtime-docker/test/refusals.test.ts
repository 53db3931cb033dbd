import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { dockerOptions } from "../src/options.ts";
import { remarksOn } from "../src/remarks.ts";

const strict = { image: `acme/tickets@sha256:${"0".repeat(64)}` };

/** What is wrong with an entry, with its place. */
function complaints(entry: object): string[] {
  const { issues = [] } = v.safeParse(dockerOptions, { ...strict, ...entry });
  return issues.map(({ path = [], message }) => `${path.map(({ key }) => key).join(".")} ${message}`);
}

describe("what would make a server root of the machine is refused, with the key and the reason", () => {
  test.each<[string, object]>([
    ["privileged is refused: a privileged container is root of the engine's machine", { privileged: true }],
    ["devices is refused: a server gets no device of the engine's machine", { devices: ["/dev/kmsg"] }],
    ["pid is refused: a server sees no processes but its own", { pid: "host" }],
    ["ipc is refused: a server shares no memory with others", { ipc: "host" }],
    [
      "userns_mode is refused: the server would be out of the namespace that keeps it from being root outside",
      { userns_mode: "host" },
    ],
    [
      "security_opt is refused: what keeps the server in its container stays on",
      { security_opt: ["seccomp=unconfined"] },
    ],
    ["network must not be host: the server would reach all that this machine reaches", { network: "host" }],
    ["network must be bridge, none, or the name of a network", { network: "container:other" }],
    [
      "cap_add.0 must not be ALL: name those that it needs; with all of them it would be root of the engine's machine",
      { cap_add: ["ALL"] },
    ],
    ...["/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock"].map(
      (socket): [string, object] => [
        "volumes.0 must not hand an engine's socket to a server: it would rule this machine",
        { volumes: [`${socket}:/sock:ro`] },
      ],
    ),
  ])("%s", (complaint, entry) => {
    expect(complaints(entry)).toEqual([complaint]);
  });
});

describe("what takes off a protection is remarked on, at its key", () => {
  const remarks = (entry: object) =>
    remarksOn(v.parse(dockerOptions, { ...strict, ...entry })).map(({ path }) => path?.join("."));

  test("and nothing else is", () => {
    expect(remarks({})).toEqual([]);
    const harmless = { user: "1000", volumes: ["/srv:/srv:ro"], ports: ["80:80"], tmpfs: ["/x:noexec"] };
    expect(remarks(harmless)).toEqual([]);
    expect(remarks({ network: "none" })).toEqual([]);
  });

  test.each<[string, object]>([
    ["image", { image: "acme/tickets:1" }],
    ["read_only", { read_only: false }],
    ["memory", { memory: "unlimited" }],
    ["cpus", { cpus: "unlimited" }],
    ["pids_limit", { pids_limit: "unlimited" }],
    ["user", { user: "root" }],
    ["user", { user: "0:100" }],
    ["cap_add.0", { cap_add: ["NET_RAW"] }],
    ["tmpfs.0", { tmpfs: ["/tmp:exec"] }],
    ["volumes.1", { volumes: ["/srv:/srv:ro", "data:/data"] }],
    ["ports.0", { ports: ["0.0.0.0:8080:80"] }],
    ["engine.host", { engine: { host: "tcp://build.example:2375" } }],
  ])("%s: %j", (key, entry) => {
    expect(remarks(entry)).toEqual([key]);
  });
});
