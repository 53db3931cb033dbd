import { mkdirSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunningGateway, Sandbox, scripted } from "./support/omg.ts";
import { isRunning } from "./support/processes.ts";

interface Entry {
  readonly id: string;
  readonly [key: string]: unknown;
}

const entry = (id: string, more: object = {}): Entry => ({ id, runtime: scripted(), ...more });

function writeCatalog(sandbox: Sandbox, ...servers: Entry[]): string {
  return sandbox.write("catalog.yaml", { servers });
}

/** A gateway of the catalog in the sandbox, which watches it by now. */
async function start(sandbox: Sandbox): Promise<RunningGateway> {
  const gateway = await RunningGateway.start(sandbox, ["--catalog", join(sandbox.folder, "catalog.yaml")]);
  await gateway.logged("Hot reload enabled for catalog.yaml");
  return gateway;
}

const pidOf = async (gateway: RunningGateway, server: string) =>
  (JSON.parse(await gateway.call(server, "pids")) as { server: number }).server;

const reloadNow = (gateway: RunningGateway) => gateway.json("/admin/reload", { method: "POST" });

describe("a change of the catalog's file", () => {
  test("takes effect by itself, and says what it did", async () => {
    using sandbox = new Sandbox();
    writeCatalog(sandbox, entry("same"), entry("changed"), entry("gone"));
    await using gateway = await start(sandbox);
    const pid = await pidOf(gateway, "same");
    const before = await pidOf(gateway, "changed");
    writeCatalog(sandbox, entry("new"), entry("changed", { env: { A: "1" } }), entry("same"));
    const [loaded] = await gateway.loggedTimes("Loaded", 1);
    expect(loaded).toMatchObject({
      message: "Loaded 3 servers (added: 1, removed: 1, modified: 1, unchanged: 1)",
      added: "new",
      removed: "gone",
      changed: "changed",
    });
    expect(await pidOf(gateway, "same")).toBe(pid);
    const after = await pidOf(gateway, "changed");
    expect(after).not.toBe(before);
    await gateway.loggedTimes("Server stopped", 1);
    expect(isRunning(before)).toBe(false);
    expect(await gateway.call("new", "echo", { text: "hi" })).toBe("hi");
    expect(await gateway.rpc("gone", "tools/list")).toMatchObject({ message: "Server 'gone' not found" });
  });

  test("lets calls in flight finish, on servers that it changes and that it removes", async () => {
    using sandbox = new Sandbox();
    writeCatalog(sandbox, entry("changed"), entry("gone"));
    await using gateway = await start(sandbox);
    const pids = await Promise.all([pidOf(gateway, "changed"), pidOf(gateway, "gone")]);
    const calls = ["changed", "gone"].map((id) => gateway.call(id, "sleep", { ms: 1500 }));
    writeCatalog(sandbox, entry("changed", { env: { A: "1" } }));
    await gateway.loggedTimes("Loaded", 1);
    expect(pids.map(isRunning)).toEqual([true, true]);
    expect(await pidOf(gateway, "changed")).not.toBe(pids[0]);
    expect(await Promise.all(calls)).toHaveLength(2);
    await gateway.loggedTimes("Server stopped", 2);
    expect(pids.map(isRunning)).toEqual([false, false]);
  });

  test("leaves the process of an unchanged server alone, 50 times", async () => {
    using sandbox = new Sandbox();
    writeCatalog(sandbox, entry("same"));
    await using gateway = await start(sandbox);
    const pid = await pidOf(gateway, "same");
    for (let round = 1; round <= 50; round++) {
      writeCatalog(sandbox, entry("same"), entry(`other${round}`));
      await gateway.loggedTimes("Loaded", round);
    }
    expect(await pidOf(gateway, "same")).toBe(pid);
    expect((await gateway.loggedTimes("Starting server", 1)).length).toBe(1);
  }, 60_000);

  test("is none when only comments, the order of keys or the layout change", async () => {
    using sandbox = new Sandbox();
    const { command, args } = scripted();
    const flow = JSON.stringify({
      servers: [{ id: "s", runtime: { type: "local-process", command, args } }],
    });
    sandbox.write("catalog.yaml", flow);
    await using gateway = await start(sandbox);
    const block = `# a comment\nservers:\n  - runtime:\n      args: ${JSON.stringify(args)}\n      command: ${command}\n      type: local-process\n    id: s\n`;
    sandbox.write("catalog.yaml", block);
    const [loaded] = await gateway.loggedTimes("Loaded", 1);
    expect(loaded?.message).toBe("Loaded 1 servers (added: 0, removed: 0, modified: 0, unchanged: 1)");
  });

  test("counts when an editor puts a new file in the old one's place", async () => {
    using sandbox = new Sandbox();
    const catalog = writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    for (let round = 1; round <= 3; round++) {
      sandbox.write(".catalog.yaml.swp", { servers: [entry("a"), entry(`b${round}`)] });
      renameSync(catalog, `${catalog}~`);
      renameSync(join(sandbox.folder, ".catalog.yaml.swp"), catalog);
      const loaded = await gateway.loggedTimes("Loaded", round);
      expect(loaded.at(-1)?.added).toBe(`b${round}`);
    }
  });

  test("counts when the links to it are turned, as Kubernetes does it", async () => {
    using sandbox = new Sandbox();
    const { folder } = sandbox;
    const put = (version: string, ...servers: Entry[]) => {
      mkdirSync(join(folder, version));
      sandbox.write(join(version, "catalog.yaml"), { servers });
      symlinkSync(version, join(folder, "..data_tmp"));
      renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
    };
    put("..2026_1", entry("a"));
    symlinkSync(join("..data", "catalog.yaml"), join(folder, "catalog.yaml"));
    await using gateway = await start(sandbox);
    for (let round = 2; round <= 4; round++) {
      put(`..2026_${round}`, entry("a"), entry(`b${round}`));
      rmSync(join(folder, `..2026_${round - 1}`), { recursive: true });
      const loaded = await gateway.loggedTimes("Loaded", round - 1);
      expect(loaded.at(-1)?.added).toBe(`b${round}`);
    }
  });

  test("counts when the file was away for a while", async () => {
    using sandbox = new Sandbox();
    const catalog = writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    rmSync(catalog);
    await gateway.loggedTimes("Keeping previous catalog", 1);
    expect(await gateway.call("a", "echo", { text: "still" })).toBe("still");
    writeCatalog(sandbox, entry("a"), entry("b"));
    await gateway.loggedTimes("Loaded", 1);
    expect(await gateway.call("b", "echo", { text: "hi" })).toBe("hi");
  });

  test("counts for config.yaml too: its servers, and which catalog it names", async () => {
    using sandbox = new Sandbox();
    sandbox.write("config.yaml", { listen_addr: "localhost:9", servers: [entry("a")] });
    await using gateway = await RunningGateway.start(sandbox, []);
    await gateway.logged("Hot reload enabled for config.yaml");
    writeCatalog(sandbox, entry("b"));
    sandbox.write("config.yaml", { catalog_path: "catalog.yaml", idle_timeout_seconds: 7 });
    const [loaded] = await gateway.loggedTimes("Loaded", 1);
    expect(loaded).toMatchObject({ added: "b", removed: "a" });
    await gateway.loggedTimes(
      "Changed, but in effect only after a restart: listen_addr, idle_timeout_seconds",
      1,
    );
    expect((await gateway.json("/stats")).needs_restart).toEqual(["listen_addr", "idle_timeout_seconds"]);
    writeCatalog(sandbox, entry("b"), entry("c"));
    expect((await gateway.loggedTimes("Loaded", 2))[1]).toMatchObject({ added: "c", removed: "" });
  });

  test("is not looked at when hot_reload is false, but read when asked", async () => {
    using sandbox = new Sandbox();
    sandbox.write("config.yaml", { hot_reload: false, servers: [entry("a")] });
    await using gateway = await RunningGateway.start(sandbox, []);
    sandbox.write("config.yaml", { hot_reload: false, servers: [entry("a"), entry("b")] });
    expect(await reloadNow(gateway)).toMatchObject({ servers_added: 1 });
    expect(gateway.log.map(({ message }) => message)).not.toContain("Catalog changed, reloading...");
  });
});

describe("a secret in a file of its own", () => {
  test("restarts its servers when it changes, and no others, and is hidden in the log", async () => {
    using sandbox = new Sandbox();
    sandbox.write("token.txt", "S3CR3T-first");
    writeCatalog(
      sandbox,
      entry("with", { env: { TOKEN: "${file:token.txt}" }, runtime: scripted("--banner") }),
      entry("without"),
    );
    await using gateway = await start(sandbox);
    const pid = await pidOf(gateway, "without");
    sandbox.write("token.txt", "S3CR3T-second");
    const [loaded] = await gateway.loggedTimes("Loaded", 1);
    expect(loaded).toMatchObject({ changed: "with", added: "", removed: "" });
    expect(await gateway.call("with", "env")).toContain("S3CR3T-second");
    expect(await pidOf(gateway, "without")).toBe(pid);
    sandbox.write("catalog.yaml", {
      servers: [
        entry("tells", {
          env: { TOKEN: "${file:token.txt}" },
          runtime: {
            type: "local-process",
            command: process.execPath,
            args: ["-e", "console.error('mine is', process.env.TOKEN); process.exit(3)"],
          },
        }),
      ],
    });
    await gateway.loggedTimes("Loaded", 2);
    await gateway.rpc("tells", "tools/list");
    await gateway.loggedTimes("mine is [redacted]", 1);
    expect(JSON.stringify(gateway.log)).not.toContain("S3CR3T");
  });
});

test("a secret that has changed stays hidden while an instance lives that may tell it", async () => {
  using sandbox = new Sandbox();
  sandbox.write("token.txt", "S3CR3T-first");
  const script =
    "process.stdin.on('data', (chunk) => { for (const line of String(chunk).trim().split('\\n')) {" +
    "const { id, method, params } = JSON.parse(line); if (id === undefined) continue;" +
    "const result = method === 'initialize' ? { protocolVersion: params.protocolVersion, capabilities: { tools: {} }," +
    "serverInfo: { name: 't', version: '1' } } : { tools: [] };" +
    "const answer = () => process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, result }) + '\\n');" +
    "if (method !== 'tools/call') answer(); else setTimeout(() => { console.error('mine was', process.env.TOKEN); answer(); }, 1500); } })";
  const runtime = { type: "local-process", command: process.execPath, args: ["-e", script] };
  writeCatalog(sandbox, entry("s", { runtime, env: { TOKEN: "${file:token.txt}" } }));
  await using gateway = await start(sandbox);
  await gateway.rpc("s", "tools/list");
  const call = gateway.rpc("s", "tools/call", { name: "x", arguments: {} });
  await gateway.loggedTimes("Server ready", 1);
  sandbox.write("token.txt", "S3CR3T-second");
  for (let round = 0; round < 3; round++) await reloadNow(gateway);
  await call;
  await gateway.loggedTimes("mine was [redacted]", 1);
  expect(JSON.stringify(gateway.log)).not.toContain("S3CR3T");
});

describe("a file that can not be used", () => {
  test("changes nothing, visibly, until it is mended", async () => {
    using sandbox = new Sandbox();
    writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    const pid = await pidOf(gateway, "a");
    sandbox.write("catalog.yaml", "servers:\n  - id: [a\n");
    await gateway.loggedTimes("Keeping previous catalog due to validation error", 1);
    expect(gateway.log.find(({ level }) => level === "error")).toMatchObject({
      file: expect.stringMatching(/^catalog\.yaml:\d/),
    });
    const stats = await gateway.json("/stats");
    expect(stats).toMatchObject({ config_stale: true, total_servers: 1 });
    expect(stats.config_problems).toEqual([expect.stringMatching(/^catalog\.yaml:\d+:\d+: /)]);
    expect(await gateway.json("/readyz")).toMatchObject({ status: "ready", config_stale: true });
    const refused = await fetch(`${gateway.url}/admin/reload`, { method: "POST" });
    expect(refused.status).toBe(500);
    expect(((await refused.json()) as { message: string }).message).toMatch(
      /^Failed to reload catalog: catalog\.yaml:\d+:\d+: /,
    );
    expect(await pidOf(gateway, "a")).toBe(pid);
    writeCatalog(sandbox, entry("a"));
    await gateway.loggedTimes("Loaded", 1);
    expect(await gateway.json("/stats")).toMatchObject({ config_stale: false, config_problems: [] });
    expect(await gateway.json("/readyz")).toEqual({ status: "ready" });
    expect(await pidOf(gateway, "a")).toBe(pid);
  });

  test("keeps the gateway alive, whatever is in its place", async () => {
    using sandbox = new Sandbox();
    const catalog = writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    rmSync(catalog);
    symlinkSync("catalog.yaml", catalog);
    await gateway.loggedTimes("Keeping previous catalog", 1);
    rmSync(catalog);
    mkdirSync(catalog);
    expect((await fetch(`${gateway.url}/admin/reload`, { method: "POST" })).status).toBe(500);
    expect(await gateway.call("a", "echo", { text: "on" })).toBe("on");
    rmSync(catalog, { recursive: true });
    writeCatalog(sandbox, entry("a"), entry("b"));
    await gateway.loggedTimes("Loaded", 1);
  });

  test("because an entry has lost its id removes no server", async () => {
    using sandbox = new Sandbox();
    const { id: _, ...nameless } = entry("a");
    writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    sandbox.write("catalog.yaml", { servers: [{ di: "a", ...nameless }] });
    await gateway.loggedTimes("Keeping previous catalog", 1);
    expect(await gateway.json("/stats")).toMatchObject({
      config_stale: true,
      config_problems: [expect.stringContaining("Server at index 0 missing required field: id")],
      total_servers: 1,
    });
  });

  test("is not a config.yaml that came up where none was at the start", async () => {
    using sandbox = new Sandbox();
    writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    sandbox.write("config.yaml", "bogus: 1\n");
    expect(await reloadNow(gateway)).toMatchObject({ unchanged: ["a"] });
  });

  test("drops no call, 100 times under load", async () => {
    using sandbox = new Sandbox();
    const good = [entry("a"), entry("b")];
    writeCatalog(sandbox, ...good);
    await using gateway = await start(sandbox);
    let loading = true;
    let answered = 0;
    const load = [1, 2, 3, 4].map(async () => {
      while (loading) {
        expect(await gateway.call("a", "echo", { text: "x" })).toBe("x");
        answered++;
      }
    });
    for (let round = 0; round < 50; round++) {
      sandbox.write("catalog.yaml", `servers: [{ id: a, runtime: ${round}`);
      expect((await fetch(`${gateway.url}/admin/reload`, { method: "POST" })).status).toBe(500);
      writeCatalog(sandbox, entry("a"), entry("b", { env: { ROUND: String(round) } }));
      expect((await fetch(`${gateway.url}/admin/reload`, { method: "POST" })).status).toBe(200);
    }
    loading = false;
    await Promise.all(load);
    expect(answered).toBeGreaterThan(100);
  }, 60_000);

  test("with one entry that is not usable keeps that server as it was, and takes the others", async () => {
    using sandbox = new Sandbox();
    writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    const pid = await pidOf(gateway, "a");
    writeCatalog(sandbox, entry("a", { env: { TOKEN: "${NOT_SET_ANYWHERE}" } }), entry("b"), {
      id: "c",
      runtime: { type: "teleport" },
    });
    const [loaded] = await gateway.loggedTimes("Loaded", 1);
    expect(loaded).toMatchObject({ added: "b c", kept: "a" });
    expect(await pidOf(gateway, "a")).toBe(pid);
    expect(await gateway.json("/servers/a")).toMatchObject({
      status: "running",
      problem: expect.stringContaining("${NOT_SET_ANYWHERE}"),
    });
    expect(await gateway.json("/stats")).toMatchObject({
      config_stale: true,
      config_problems: [expect.stringMatching(/^catalog\.yaml:\d+:\d+: .*NOT_SET_ANYWHERE/)],
    });
    expect(await gateway.json("/servers/c")).toMatchObject({ problem: expect.stringContaining("teleport") });
  });
});

describe("a reload that is asked for", () => {
  test("comes by POST /admin/reload, with what it did", async () => {
    using sandbox = new Sandbox();
    sandbox.write("config.yaml", { hot_reload: false, servers: [entry("a"), entry("b"), entry("c")] });
    await using gateway = await RunningGateway.start(sandbox, []);
    const servers = [entry("a"), entry("b", { tags: ["new"] }), entry("d")];
    sandbox.write("config.yaml", { hot_reload: false, servers });
    expect(await reloadNow(gateway)).toEqual({
      status: "ok",
      message: "Catalog reloaded",
      servers_loaded: 3,
      servers_added: 1,
      servers_removed: 1,
      servers_changed: 1,
      servers_unchanged: 1,
      added: ["d"],
      removed: ["c"],
      changed: ["b"],
      unchanged: ["a"],
      kept: [],
    });
  });

  test("comes by SIGHUP", async () => {
    using sandbox = new Sandbox();
    sandbox.write("config.yaml", { hot_reload: false, servers: [entry("a")] });
    await using gateway = await RunningGateway.start(sandbox, []);
    sandbox.write("config.yaml", { hot_reload: false, servers: [entry("b")] });
    gateway.process.kill("SIGHUP");
    expect((await gateway.loggedTimes("Loaded", 1))[0]).toMatchObject({ added: "b", removed: "a" });
    expect(await gateway.call("b", "echo", { text: "hi" })).toBe("hi");
  });

  test("leaves no file open and unchanged processes alone, 1,000 times", async () => {
    using sandbox = new Sandbox();
    writeCatalog(sandbox, entry("a"));
    await using gateway = await start(sandbox);
    const open = () => readdirSync(`/proc/${gateway.process.pid}/fd`).length;
    const pid = await pidOf(gateway, "a");
    await reloadNow(gateway);
    const before = open();
    for (let round = 0; round < 1000; round++) {
      const servers = [entry("a"), entry(`b${round % 3}`)];
      writeFileSync(join(sandbox.folder, "catalog.yaml"), JSON.stringify({ servers }));
      await reloadNow(gateway);
    }
    expect(open()).toBeLessThanOrEqual(before + 2);
    expect(await pidOf(gateway, "a")).toBe(pid);
  }, 60_000);
});
