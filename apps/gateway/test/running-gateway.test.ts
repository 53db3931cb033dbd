import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bins, RunningGateway, run, Sandbox, scripted } from "./support/omg.ts";

const entry = (id: string, more: object = {}) => ({ id, runtime: scripted(), ...more });

async function started(sandbox: Sandbox, servers: object[], env: NodeJS.ProcessEnv = {}) {
  const catalog = sandbox.write("catalog.yaml", { servers });
  return RunningGateway.start(sandbox, ["--catalog", catalog], env);
}

describe("omg status", () => {
  test("is one screen about the running gateway", async () => {
    using sandbox = new Sandbox();
    await using gateway = await started(sandbox, [
      entry("a"),
      entry("b"),
      { id: "c", runtime: { type: "x" } },
    ]);
    await gateway.call("a", "echo", { text: "x" });
    const { code, stdout } = await run(sandbox, bins.omg, ["status", "--url", gateway.url]);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^Open MCP Gateway \S+ at http:\S+, up for \d+ s$/),
      "  servers   3: 1 running, 2 stopped",
      "  clients   0 connected, 1 calls so far",
      expect.stringMatching(/^ {2}catalog {3}read at \d{4}-.*Z$/),
      "",
    ]);
    const json = await run(sandbox, bins.omg, ["status", "--json", "--url", gateway.url]);
    expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, url: gateway.url, total_servers: 3 });
  });

  test("says that the catalog has errors and what waits for a restart, with the catalog broken", async () => {
    using sandbox = new Sandbox();
    const config = sandbox.write("config.yaml", { hot_reload: false, catalog_path: "catalog.yaml" });
    sandbox.write("catalog.yaml", { servers: [entry("a")] });
    await using gateway = await RunningGateway.start(sandbox, ["--config", config]);
    const listen_addr = new URL(gateway.url).host;
    sandbox.write("config.yaml", { hot_reload: false, catalog_path: "catalog.yaml", listen_addr });
    expect(await run(sandbox, bins.omg, ["reload"])).toMatchObject({
      code: 0,
      stdout: "0 added, 0 removed, 0 changed, 1 unchanged\n",
    });
    sandbox.write("catalog.yaml", "servers: [");
    const reload = await run(sandbox, bins.omg, ["reload"]);
    expect(reload).toMatchObject({ code: 5, stdout: "" });
    expect(reload.stderr).toMatch(/Failed to reload catalog: catalog\.yaml:\d+:\d+: /);
    const list = await run(sandbox, bins.omg, ["list"]);
    expect(list).toMatchObject({ code: 0, stdout: expect.stringMatching(/^a +stopped/m) });
    expect(list.stderr).toContain("the catalog here has errors, see: omg validate");
    expect(await run(sandbox, bins.omg, ["call", "a.echo", "text=on"])).toMatchObject({
      code: 0,
      stdout: "on\n",
    });
    const { stdout } = await run(sandbox, bins.omg, ["status"]);
    expect(stdout).toMatch(/the configuration has errors; .*\n {4}catalog\.yaml:\d+:\d+: .*\n/);
    expect(stdout).toContain("in effect only after a restart: listen_addr\n");
  });

  test("ends with 3 when no gateway runs", async () => {
    using sandbox = new Sandbox();
    const { code, stderr } = await run(sandbox, bins.omg, ["status", "--url", "http://localhost:9"]);
    expect(code).toBe(3);
    expect(stderr).toContain("No gateway answers at http://localhost:9; start it with: omg serve");
  });
});

describe("omg diff", () => {
  test("says what a file would change, by its text: variables need not be set here", async () => {
    using sandbox = new Sandbox();
    const servers = [
      entry("same", { env: { TOKEN: "${TOKEN}", PORT: 8080 }, tags: ["x"] }),
      entry("gone"),
      entry("other", { env: { TOKEN: "S3CR3T-one", KEEP: "1" } }),
      entry("broken", { env: { TOKEN: "${NOT_SET_ANYWHERE}" } }),
    ];
    await using gateway = await started(sandbox, servers, { TOKEN: "S3CR3T-value" });
    const file = sandbox.write("next.yaml", {
      servers: [
        servers[3],
        servers[0],
        entry("other", { env: { TOKEN: "S3CR3T-two", KEEP: "1" }, description: "new" }),
        entry("new"),
      ],
    });
    const { code, stdout } = await run(sandbox, bins.omg, ["diff", file, "--url", gateway.url]);
    expect(stdout.split("\n")).toEqual([
      "+ new",
      "- gone",
      "~ other  description, env.TOKEN",
      "1 added, 1 removed, 1 changed, 2 unchanged",
      "",
    ]);
    expect(code).toBe(0);
    const json = await run(sandbox, bins.omg, ["diff", file, "--json", "--url", gateway.url]);
    expect(JSON.parse(json.stdout)).toMatchObject({ v: 1, added: ["new"], removed: ["gone"] });
    // Nothing has changed in the gateway.
    expect((await gateway.json("/stats")).total_servers).toBe(4);
  });

  test("refuses a file that can not be used, and one without servers", async () => {
    using sandbox = new Sandbox();
    await using gateway = await started(sandbox, [entry("a")]);
    const diff = (file: string) => run(sandbox, bins.omg, ["diff", file, "--url", gateway.url]);
    const typo = await diff(sandbox.write("typo.yaml", { servrs: [] }));
    expect([typo.code, typo.stderr]).toEqual([5, expect.stringContaining('Did you mean "servers"?')]);
    const other = await diff(sandbox.write("other.yaml", { catalog_path: "catalog.yaml" }));
    expect([other.code, other.stderr]).toEqual([
      5,
      expect.stringContaining("No servers stand in other.yaml"),
    ]);
    expect((await diff(sandbox.write("empty.yaml", ""))).stdout).toMatch(/^- a\n/);
    const { command } = scripted();
    const draft = { type: "local-process", comand: command };
    const wrong = await diff(sandbox.write("wrong.yaml", { servers: [{ id: "a", runtime: draft }] }));
    expect(wrong).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^~ a {2}runtime\.args, runtime\.comand/),
    });
    expect(wrong.stderr).toContain('Unknown key "comand". Did you mean "command"?');
    expect(wrong.stderr).not.toContain("required");
    const absent = await diff("nope.yaml");
    expect([absent.code, absent.stderr]).toEqual([5, expect.stringContaining("it does not exist")]);
  });
});

describe("omg warm", () => {
  test("starts servers once, so that the next gateway lists them with none started", async () => {
    using sandbox = new Sandbox();
    const count = join(sandbox.folder, "starts");
    const runtime = scripted("--count-file", count);
    const catalog = sandbox.write("catalog.yaml", {
      servers: [
        { id: "a", runtime },
        { id: "b", runtime },
        { id: "broken", runtime: { type: "local-process", command: "no-such-command" } },
        { id: "private", runtime, scope: "session" },
      ],
    });
    const config = sandbox.write("config.yaml", { listen_addr: "localhost:9", catalog_path: "catalog.yaml" });
    const warm = await run(sandbox, bins.omg, ["warm", "--config", config]);
    expect(warm.code).toBe(6);
    expect(warm.stdout.split("\n").sort()).toEqual([
      "",
      expect.stringMatching(/^a {2}\d+ tools$/),
      expect.stringMatching(/^b {2}\d+ tools$/),
    ]);
    expect(warm.stderr).toContain("broken  error[upstream_start_failed]: ");
    expect(warm.stderr).toContain("private  passed over: ");
    expect((await run(sandbox, bins.omg, ["warm", "private", "--config", config])).code).toBe(6);
    expect((await run(sandbox, bins.omg, ["warm", "unknown", "--config", config])).code).toBe(2);
    expect(readFileSync(count, "utf8").trim().split("\n")).toHaveLength(2);
    const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n';
    sandbox.write("catalog.yaml", { servers: ["a", "b"].map((id) => ({ id, runtime })) });
    const { stdout } = await run(sandbox, bins.omg, ["stdio", "--catalog", catalog], { input: list });
    expect(stdout).toContain("b__echo");
    expect(readFileSync(count, "utf8").trim().split("\n")).toHaveLength(2);
  }, 30_000);

  test("warms the running gateway", async () => {
    using sandbox = new Sandbox();
    const count = join(sandbox.folder, "starts");
    await using gateway = await started(sandbox, [
      { id: "a", runtime: scripted("--count-file", count) },
      { id: "b", runtime: scripted("--count-file", count) },
    ]);
    const { code, stdout } = await run(sandbox, bins.omg, ["warm", "b", "--url", gateway.url]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^b {2}\d+ tools\n$/)]);
    expect(existsSync(count)).toBe(true);
    expect(await gateway.json("/servers/b")).toMatchObject({ status: "running" });
    const unknown = await run(sandbox, bins.omg, ["warm", "x", "--url", gateway.url]);
    expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining("Server 'x' not found")]);
  });
});
