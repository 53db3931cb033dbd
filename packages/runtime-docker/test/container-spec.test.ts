import type { ContainerCreateOptions } from "dockerode";
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { containerSpec } from "../src/container/container-spec.ts";
import { dockerOptions } from "../src/options.ts";

const bare = { id: "sha256:1234", digests: [], platform: "linux/amd64", user: "", volumes: [] };

function specOf(entry: object, { image = bare, mounts = [] as never[] } = {}): ContainerCreateOptions {
  return containerSpec({
    options: v.parse(dockerOptions, { image: "acme/tickets:1", ...entry }),
    image,
    name: "omg-tickets-1",
    env: { TOKEN: "t" },
    labels: { "io.omg.owner": "us" },
    mounts,
  });
}

const hostOf = (entry: object, more = {}) => specOf(entry, more).HostConfig;

describe("the container of an entry", () => {
  test("that names an image only is as narrow as can be", () => {
    expect(specOf({})).toEqual({
      name: "omg-tickets-1",
      Image: "sha256:1234",
      Env: ["HOME=/tmp", "TOKEN=t"],
      User: "65534:65534",
      Labels: { "io.omg.owner": "us" },
      Tty: false,
      OpenStdin: true,
      StdinOnce: true,
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
      ExposedPorts: {},
      StopTimeout: 5,
      HostConfig: {
        AutoRemove: true,
        RestartPolicy: { Name: "" },
        Init: true,
        Privileged: false,
        CapDrop: ["ALL"],
        CapAdd: [],
        SecurityOpt: ["no-new-privileges"],
        ReadonlyRootfs: true,
        Tmpfs: { "/tmp": "rw,noexec,nosuid,nodev,size=64m,mode=1777" },
        Mounts: [],
        Memory: 512 * 1024 * 1024,
        MemorySwap: 512 * 1024 * 1024,
        NanoCpus: 1_000_000_000,
        PidsLimit: 256,
        NetworkMode: "bridge",
        PortBindings: {},
        ExtraHosts: [],
        LogConfig: { Type: "none", Config: {} },
      },
    });
  });

  test.each<[string, object, object]>([
    ["read_only", { read_only: false }, { ReadonlyRootfs: false }],
    ["cap_add", { cap_add: ["NET_RAW"] }, { CapAdd: ["NET_RAW"] }],
    ["memory", { memory: "unlimited" }, { Memory: 0, MemorySwap: 0 }],
    ["memory", { memory: "1.5g" }, { Memory: 1_610_612_736, MemorySwap: 1_610_612_736 }],
    ["cpus", { cpus: "unlimited" }, { NanoCpus: 0 }],
    ["cpus", { cpus: 0.25 }, { NanoCpus: 250_000_000 }],
    ["pids_limit", { pids_limit: "unlimited" }, { PidsLimit: 0 }],
    ["network", { network: "none" }, { NetworkMode: "none" }],
    ["extra_hosts", { extra_hosts: ["db:10.0.0.1"] }, { ExtraHosts: ["db:10.0.0.1"] }],
    [
      "tmpfs",
      { tmpfs: ["/tmp:exec,size=1g", "/cache"] },
      {
        Tmpfs: {
          "/tmp": "rw,nosuid,nodev,mode=1777,exec,size=1g",
          "/cache": "rw,noexec,nosuid,nodev,size=64m,mode=1777",
        },
      },
    ],
  ])("differs by no more than what it says: %s", (_, entry, change) => {
    const strict = specOf({});
    expect(specOf(entry)).toEqual({ ...strict, HostConfig: { ...strict.HostConfig, ...change } });
  });

  test("runs as the image says if it says so, and as the entry says in any case", () => {
    const image = { ...bare, user: "node" };
    const ofImage = specOf({}, { image });
    expect(ofImage).not.toHaveProperty("User");
    expect(ofImage.Env).toEqual(["TOKEN=t"]);
    expect(specOf({ user: "1000" }, { image })).toMatchObject({ User: "1000", Env: ["TOKEN=t"] });
  });

  test("starts what the image starts, its own arguments, or another program altogether", () => {
    expect(specOf({})).not.toHaveProperty("Entrypoint");
    expect(specOf({ args: ["a b", "$HOME"] })).toMatchObject({ Cmd: ["a b", "$HOME"] });
    expect(specOf({ args: ["a"] })).not.toHaveProperty("Entrypoint");
    expect(specOf({ command: "node" })).toMatchObject({ Entrypoint: ["node"], Cmd: [] });
    expect(specOf({ command: "node", args: ["a"] })).toMatchObject({ Entrypoint: ["node"], Cmd: ["a"] });
  });

  test("has no label and no variable but those of the entry and the gateway", () => {
    const labels = { "com.acme.team": "tickets" };
    expect(specOf({ labels }).Labels).toEqual({ ...labels, "io.omg.owner": "us" });
  });

  test("that serves HTTP has no input, and publishes its port on loopback alone", () => {
    const spec = specOf({ transport: "http", port: 3001 });
    expect(spec).toMatchObject({ OpenStdin: false, StdinOnce: false, AttachStdin: false });
    expect(spec.ExposedPorts).toEqual({ "3001/tcp": {} });
    expect(spec.HostConfig?.PortBindings).toEqual({ "3001/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] });
  });

  test("publishes further ports on loopback unless it names an address", () => {
    expect(hostOf({ ports: [80, "8080:80", "0.0.0.0:53:53/udp"] })?.PortBindings).toEqual({
      "80/tcp": [
        { HostIp: "127.0.0.1", HostPort: "" },
        { HostIp: "127.0.0.1", HostPort: "8080" },
      ],
      "53/udp": [{ HostIp: "0.0.0.0", HostPort: "53" }],
    });
  });

  test("gets memory in place of the volumes that its image wants, where no volume of its own stands", () => {
    const image = { ...bare, volumes: ["/data", "/cache"] };
    const mounts = [{ Type: "bind", Source: "/srv", Target: "/data", ReadOnly: true }] as never[];
    expect(Object.keys(hostOf({}, { image, mounts })?.Tmpfs ?? {})).toEqual(["/tmp", "/cache"]);
  });
});
