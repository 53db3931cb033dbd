import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { describeWithCluster } from "./support/cluster.ts";
import { Probe, probeNamespace } from "./support/probe.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const megabyte = 1024 * 1024;
const noCapabilities = "0000000000000000";
/** What Kubernetes would read something into. */
const odd = "a$$b $(HOME) $$(HOME) $ $$$ ${HOME} `id`";

interface Run {
  readonly status: number;
  readonly output: string;
}

describeWithCluster("a server in a pod, if its entry says nothing of it,", (cluster) => {
  const namespace = probeNamespace(cluster);
  let probe: Probe;
  beforeAll(async () => {
    const other = { metadata: { name: "other" }, spec: { ports: [{ port: 80 }] } };
    await cluster.ask(`/api/v1/namespaces/${namespace}/services`, { method: "POST", body: other });
    probe = await Probe.start({ cluster, namespace, more: { args: [odd] }, env: { TOKEN: "t", ODD: odd } });
  });
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

  test("gets no token of the API server", async () => {
    for (const path of ["/var/run/secrets", "/run/secrets"])
      expect(await probe.try("exists", { path }), path).toBe(false);
    expect(await probe.try("read", { path: "/proc/mounts" })).not.toContain("serviceaccount");
  });

  test("sees no process but its own, and no device of the node", async () => {
    const { processes, devices } = await probe.try<{ processes: number; devices: string[] }>("surroundings");
    expect(processes).toBe(1);
    expect(devices).toEqual([
      ...["fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm"],
      ...["stderr", "stdin", "stdout", "termination-log", "tty", "urandom", "zero"],
    ]);
  });

  test("has no variables but those that the entry declares, and where the API server is", async () => {
    const { output } = await probe.try<Run>("run", { command: ["env"] });
    const variables = Object.fromEntries(
      output
        .trim()
        .split("\n")
        .map((line) => /^(\w+)=(.*)$/.exec(line)?.slice(1) ?? [line, ""]),
    ) as Record<string, string>;
    const names = Object.keys(variables).filter((name) => !/^KUBERNETES_(?:SERVICE|PORT)/.test(name));
    // PATH is the image's.
    expect(names.sort()).toEqual(["HOME", "HOSTNAME", "ODD", "PATH", "TOKEN"]);
    expect(variables).toMatchObject({ HOME: "/tmp", TOKEN: "t", ODD: odd });
  });

  test("is given its arguments as the entry writes them", async () => {
    const line = await probe.try<string>("read", { path: "/proc/self/cmdline" });
    expect(line.split("\0")).toEqual(["node", "/probe/server.mjs", odd, ""]);
  });

  test.each([
    "mount -t tmpfs none /mnt",
    "unshare --user true",
    "unshare --mount true",
    "nsenter -t 1 -m true",
    "chroot / true",
    "mknod /tmp/disk b 8 0",
    "chown 0 /tmp",
    "su root -c true",
    "hostname another",
    "dmesg",
    "ip link set lo down",
    "traceroute 127.0.0.1",
    "sysctl -w kernel.hostname=another",
  ])("may not: %s", async (command) => {
    const { status, output } = await probe.try<Run>("run", { command: command.split(" ") });
    expect(status, output).not.toBe(0);
    expect(output).toMatch(/not permitted|denied|Read-only|must be suid/);
  });

  test.each(["/probe.txt", "/bin/busybox", "/etc/passwd", "/probe/server.mjs", "/var/x"])(
    "can not write to its image: %s",
    async (path) => {
      expect(await probe.try("write", { path })).toMatch(/^(?:EROFS|EACCES)$/);
    },
  );

  test("has a folder for temporary files", async () => {
    expect(await probe.try("write", { path: "/tmp/a" })).toBe("done");
    expect(await probe.try("read", { path: "/tmp/a" })).toBe("written by the probe\n");
  });

  test("has 512 MB and one processor", async () => {
    const { limits } = await probe.try<{ limits: object }>("surroundings");
    expect(limits).toMatchObject({ memory: 512 * megabyte, cpus: 1 });
  });
});

describeWithCluster("a server in a pod whose protections pod_overrides take off", (cluster) => {
  const namespace = probeNamespace(cluster);

  test("has those no more, and all others", async () => {
    const pod_overrides = {
      securityContext: { runAsUser: 1000, runAsGroup: 1000, fsGroup: 1000 },
      containers: [{ name: "server", securityContext: { readOnlyRootFilesystem: false } }],
    };
    const env = { HOME: "/home/node" };
    await using probe = await Probe.start({ cluster, namespace, more: { pod_overrides }, env });
    expect(await probe.try("self")).toMatchObject({
      uid: 1000,
      groups: [1000],
      home: "/home/node",
      status: { CapEff: noCapabilities, CapBnd: noCapabilities, NoNewPrivs: "1", Seccomp: "2" },
    });
    expect(await probe.try("write", { path: "/home/node/a" })).toBe("done");
    expect(await probe.try("write", { path: "/etc/passwd" })).toBe("EACCES");
    expect(await probe.try("exists", { path: "/run/secrets" })).toBe(false);
  });
});

describeWithCluster("a server in a pod that takes too much", (cluster) => {
  const namespace = probeNamespace(cluster);

  test("of memory is ended, and the reason named", async () => {
    const more = { resources: { limits: { memory: "64Mi" } } };
    await using probe = await Probe.start({ cluster, namespace, more });
    await expect(probe.try("allocate", { megabytes: 200 })).rejects.toThrow("closed");
    expect(await probe.instance.exited).toEqual({
      reason: "exited",
      detail: expect.stringMatching(
        /^out of memory \(OOMKilled\)$|^exit code 137 \(killed, as for want of memory\)$/,
      ),
    });
  });

  test("time is ended, and the reason named", async () => {
    await using probe = await Probe.start({ cluster, namespace, changes: { active_deadline_seconds: 6 } });
    expect(await probe.instance.exited).toEqual({
      reason: "exited",
      detail: expect.stringMatching(/^DeadlineExceeded: Pod was active on the node longer than/),
    });
  });

  test("room for temporary files gets no more, or is evicted by clusters before 1.22", async () => {
    await using probe = await Probe.start({ cluster, namespace });
    const { written, end } = await probe.try<{ written: number; end: string }>("fill", {
      path: "/tmp/large",
      megabytes: 100,
    });
    if (end === "ENOSPC") {
      expect(written).toBeLessThanOrEqual(64);
    } else {
      expect(await probe.instance.exited).toEqual({
        reason: "exited",
        detail: `Evicted: Usage of EmptyDir volume "tmp" exceeds the limit "64Mi".`,
      });
    }
    // Nodes look for that now and again.
  }, 150_000);
});
