import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithEngine } from "./support/engine.ts";
import { Probe } from "./support/probe.ts";

const folder = mkdtempSync(join(tmpdir(), "omg-test-"));
afterAll(() => rmSync(folder, { recursive: true }));
// Whoever the server runs as.
chmodSync(folder, 0o777);
const readable = [`${folder}:/volume:ro`];

/** As strict as an entry can be, but for a user who owns something in the image. */
const strict = { user: "1000", network: "none", volumes: readable };

interface Account {
  readonly self: { readonly home: string; readonly status: object };
  readonly interfaces: readonly string[];
  readonly limits: object;
  readonly writes: object;
  readonly executesOwn: string;
  readonly temporaryFolder: string;
  readonly opensRawSockets: boolean;
  readonly mounts: boolean;
}

/** All that a key could change. */
async function account(more: object): Promise<Account> {
  await using probe = await Probe.start({ ...strict, ...more });
  const { namespaces: _, ...surroundings } = await probe.try<Record<string, never>>("surroundings");
  const succeeds = async (command: string) =>
    (await probe.try<{ status: number }>("run", { command: command.split(" ") })).status === 0;
  const self = await probe.try<Account["self"]>("self");
  return {
    ...surroundings,
    self,
    writes: {
      image: await probe.try("write", { path: `${self.home}/probe` }),
      volume: await probe.try("write", { path: "/volume/probe" }),
    },
    executesOwn: await probe.try("executeFrom", { folder: "/tmp" }),
    temporaryFolder: await probe.try("mounted", { path: "/tmp" }),
    opensRawSockets: await succeeds("traceroute -m 1 -w 1 -q 1 127.0.0.1"),
    mounts: await succeeds("mount -t tmpfs none /mnt"),
  } as unknown as Account;
}

describeWithEngine("a key that takes off a protection", () => {
  let before: Account;
  beforeAll(async () => {
    before = await account({});
  }, 60_000);

  test("is missed where none is there", () => {
    expect(before).toMatchObject({
      interfaces: ["lo"],
      writes: { image: "EROFS", volume: "EROFS" },
      executesOwn: "EACCES",
      opensRawSockets: false,
      mounts: false,
    });
  });

  const limits = (changed: object) => ({ limits: { ...before.limits, ...changed } });
  const rawSockets = "0000000000002000";

  test.each<[string, object, () => object]>([
    ["read_only", { read_only: false }, () => ({ writes: { ...before.writes, image: "done" } })],
    ["volumes", { volumes: [`${folder}:/volume`] }, () => ({ writes: { ...before.writes, volume: "done" } })],
    [
      "tmpfs, to run programs from it",
      { tmpfs: ["/tmp:exec"] },
      () => ({ executesOwn: "done", temporaryFolder: before.temporaryFolder.replace("noexec,", "") }),
    ],
    [
      "tmpfs, for more room",
      { tmpfs: ["/tmp:size=128m"] },
      () => ({ temporaryFolder: before.temporaryFolder.replace("size=65536k", "size=131072k") }),
    ],
    ["network", { network: "bridge" }, () => ({ interfaces: ["eth0", "lo"] })],
    ["memory", { memory: "unlimited" }, () => limits({ memory: null, swap: null })],
    ["cpus", { cpus: "unlimited" }, () => limits({ cpus: null })],
    ["pids_limit", { pids_limit: "unlimited" }, () => limits({ processes: null })],
    [
      "cap_add, which only root can use",
      { cap_add: ["NET_RAW"] },
      () => ({ self: { ...before.self, status: { ...before.self.status, CapBnd: rawSockets } } }),
    ],
    [
      "user",
      { user: "0" },
      () => ({
        self: { ...before.self, uid: 0, gid: 0, groups: [0], home: "/root" },
        writes: { image: "EROFS", volume: "EROFS" },
      }),
    ],
  ])(
    "changes nothing else: %s",
    async (_, entry, changes) => {
      expect(await account(entry)).toEqual({ ...before, ...changes() });
    },
    60_000,
  );

  test("gives root of the container the capabilities that it names, and no other", async () => {
    const capable = await account({ user: "0", cap_add: ["NET_RAW"] });
    expect(capable).toMatchObject({ opensRawSockets: true, mounts: false });
    expect(capable.self.status).toMatchObject({ CapEff: rawSockets, CapBnd: rawSockets, NoNewPrivs: "1" });
  }, 60_000);

  test("lets the server write into the folder of this machine", async () => {
    await account({ volumes: [`${folder}:/volume`] });
    expect(readFileSync(join(folder, "probe"), "utf8")).toBe("written by the probe\n");
  }, 60_000);
});
