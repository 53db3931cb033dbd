import { once } from "node:events";
import { readlinkSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import * as v from "valibot";
import { afterAll, beforeAll, expect, test } from "vitest";
import { containerSpec } from "../src/container/container-spec.ts";
import { Engine } from "../src/engine/engine.ts";
import { dockerOptions } from "../src/options.ts";
import { describeWithEngine } from "./support/engine.ts";
import { Probe, probeEntry } from "./support/probe.ts";

const megabyte = 1024 * 1024;
const noCapabilities = "0000000000000000";

interface Run {
  readonly status: number;
  readonly output: string;
}

describeWithEngine("a server in a container, if its entry says nothing of it,", ({ socketPath }) => {
  let probe: Probe;
  beforeAll(async () => {
    probe = await Probe.start();
  }, 60_000);
  afterAll(() => probe?.[Symbol.asyncDispose]());

  test("is nobody, without any capability and without a way to one", async () => {
    expect(await probe.try("self")).toEqual({
      uid: 65534,
      gid: 65534,
      groups: [65534],
      home: "/tmp",
      status: {
        CapInh: noCapabilities,
        CapPrm: noCapabilities,
        CapEff: noCapabilities,
        CapBnd: noCapabilities,
        CapAmb: noCapabilities,
        NoNewPrivs: "1",
        // Calls of the kernel that containers do not need are filtered.
        Seccomp: "2",
      },
    });
  });

  test("shares with the machine none of the namespaces in which it could see or reach others", async () => {
    const { namespaces } = await probe.try<{ namespaces: Record<string, string> }>("surroundings");
    const apart = ["ipc", "mnt", "net", "pid", "uts"];
    for (const name of apart) expect(namespaces[name], name).not.toBe(readlinkSync(`/proc/self/ns/${name}`));
  });

  test("sees no process but its own, and no device of the machine", async () => {
    const { processes, devices } = await probe.try<{ processes: number; devices: string[] }>("surroundings");
    // Itself and the one that buries the dead.
    expect(processes).toBe(2);
    expect(devices).toEqual([
      ...["fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm"],
      ...["stderr", "stdin", "stdout", "tty", "urandom", "zero"],
    ]);
  });

  test("reads nothing of what the gateway or the machine were started with", async () => {
    expect(await probe.try("read", { path: `/proc/${process.pid}/environ` })).toBe("ENOENT");
    expect(await probe.try("read", { path: "/proc/1/cmdline" })).toMatch(/docker-init|catatonit|tini/);
  });

  test("finds no engine's socket", async () => {
    for (const path of ["/var/run/docker.sock", "/run/docker.sock", socketPath])
      expect(await probe.try("connect", { address: { path } }), path).toBe("ENOENT");
  });

  test.each([
    "mount -t tmpfs none /mnt",
    "unshare --user true",
    "unshare --mount true",
    "unshare --pid true",
    "nsenter -t 1 -m true",
    "chroot / true",
    "mknod /tmp/disk b 8 0",
    "chown 0 /tmp",
    "su root -c true",
    "hostname another",
    "dmesg",
    "ip link set lo down",
    "ip address add 10.9.8.7/8 dev lo",
    "traceroute 127.0.0.1",
    "sysctl -w kernel.hostname=another",
  ])("may not: %s", async (command) => {
    const { status, output } = await probe.try<Run>("run", { command: command.split(" ") });
    expect(status, output).not.toBe(0);
    expect(output).toMatch(/not permitted|denied|Read-only|must be suid/);
  });

  test.each(["/probe", "/bin/busybox", "/etc/passwd", "/bin/probe"])(
    "can not write to its image: %s",
    async (path) => {
      expect(await probe.try("write", { path })).toBe("EROFS");
    },
  );

  test("has a folder for temporary files, which ends at 64 MB and from which nothing is run", async () => {
    expect(await probe.try("executeFrom", { folder: "/tmp" })).toBe("EACCES");
    const { written, end } = await probe.try<{ written: number; end: string }>("fill", {
      path: "/tmp/large",
      megabytes: 100,
    });
    expect(end).toBe("ENOSPC");
    expect(written).toBeLessThanOrEqual(64);
    expect(written).toBeGreaterThan(50);
  });

  test("has 512 MB without swap, one processor and 256 processes", async () => {
    const { limits } = await probe.try<{ limits: object }>("surroundings");
    expect(limits).toEqual({ memory: 512 * megabyte, swap: 0, cpus: 1, processes: 256 });
  });

  test("is to the engine what it was asked for, and nothing beyond that", async () => {
    const options = v.parse(dockerOptions, probeEntry());
    const image = { id: "", digests: [], platform: "linux/amd64", user: "", volumes: [] };
    const { HostConfig: asked } = containerSpec({
      options,
      image,
      name: "",
      env: {},
      labels: {},
      mounts: [],
    });
    const { HostConfig: made } = await new Engine({ socketPath }).inspect(probe.instance.id);
    // The probe comes to it by a volume, and empty lists come back in one form or the other.
    const { CapAdd: _, Mounts: __, ExtraHosts: ___, ...comparable } = asked ?? {};
    const nothing = ["Binds", "CapAdd", "DeviceRequests", "Devices", "Links", "VolumesFrom"] as const;
    expect(nothing.filter((key) => (made as Record<string, unknown[] | null>)[key]?.length)).toEqual([]);
    expect(made).toMatchObject({
      ...comparable,
      ...{ PidMode: "", UTSMode: "", UsernsMode: "", IpcMode: "private", PublishAllPorts: false },
      Mounts: [{ Type: "bind", Target: "/probe-server.mjs", ReadOnly: true }],
    });
  });
});

describeWithEngine("a server in a container reaches", ({ socketPath }) => {
  test("the machine and others over the bridge, if its entry says nothing of it", async () => {
    await using probe = await Probe.start({ network: undefined });
    const { NetworkSettings } = await new Engine({ socketPath }).inspect(probe.instance.id);
    const machine = NetworkSettings.Networks.bridge?.Gateway;
    await using listener = createServer((socket) => socket.destroy()).listen(0, machine);
    await once(listener, "listening");
    const { address: host, port } = listener.address() as AddressInfo;
    expect(await probe.try("connect", { address: { host, port } })).toBe("connected");
  }, 60_000);

  test("nobody, if its entry says that there is no network", async () => {
    await using probe = await Probe.start();
    const address = { host: "192.0.2.1", port: 80 };
    expect(await probe.try("connect", { address })).toBe("ENETUNREACH");
  }, 60_000);
});

describeWithEngine("a server in a container that takes too much", () => {
  test("of memory is ended, and nobody else", async () => {
    await using probe = await Probe.start({ memory: "64m" });
    await expect(probe.try("allocate", { megabytes: 200 })).rejects.toThrow("closed");
    expect(await probe.instance.exited).toEqual({
      reason: "exited",
      detail: "out of memory (limit 64m)",
    });
  }, 60_000);

  test("of processes gets no more of them, and goes on", async () => {
    await using probe = await Probe.start({ pids_limit: 40 });
    const { started, refused } = await probe.try<{ started: number; refused: string }>("fork", {
      count: 200,
    });
    expect(refused).toBe("EAGAIN");
    expect(started).toBeLessThan(40);
    expect(started).toBeGreaterThan(0);
    expect(await probe.try("exists", { path: "/bin" })).toBe(true);
  }, 60_000);
});
