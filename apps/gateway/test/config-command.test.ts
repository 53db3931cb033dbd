import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bins, run, Sandbox, scripted } from "./support/omg.ts";

describe("omg config", () => {
  test("says which files are used, in the order of the search", async () => {
    using sandbox = new Sandbox();
    sandbox.catalog({ a: [] });
    const home = join(sandbox.folder, "home");
    const folder = join(home, ".config/mcp-gateway");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "config.yaml"), "servers: []\n");
    const env = { HOME: home };
    const there = await run(sandbox, bins.omg, ["config"], { env });
    expect(there).toMatchObject({ code: 0, stderr: "" });
    expect(there.stdout).toMatch(
      /config +\S+\/config\.yaml +not there\nconfig +\S+mcp-gateway\/config\.yaml +used\n/,
    );
    expect(there.stdout).toMatch(/catalog +\S+mcp-gateway\/config\.yaml +used +servers/);
    sandbox.write("config.yaml", { catalog_path: "catalog.yaml" });
    const here = await run(sandbox, bins.omg, ["config"], { env });
    expect(here.stdout).toMatch(
      /config +\S+\/config\.yaml +used\nconfig +\S+mcp-gateway\/config\.yaml +not used\n/,
    );
    expect(here.stdout).toMatch(/catalog +\S+\/catalog\.yaml +used +catalog_path\n/);
    const named = await run(sandbox, bins.omg, [
      "config",
      "--catalog",
      "catalog.yaml",
      "--config",
      "config.yaml",
    ]);
    expect(named.stdout).toMatch(/config +\S+\/config\.yaml +used +--config\n/);
    expect(named.stdout).toMatch(/catalog +\S+\/catalog\.yaml +used +--catalog\n/);
  }, 30_000);

  test("refuses what the gateway would refuse", async () => {
    using sandbox = new Sandbox();
    const config = sandbox.write("config.yaml", "listen_adr: x\n");
    const result = await run(sandbox, bins.omg, ["config", "--config", config]);
    expect(result).toMatchObject({
      code: 5,
      stdout: "",
      stderr: expect.stringContaining('Unknown key "listen_adr"'),
    });
  });
});

test("a configuration that can not be found says where it was looked for, and where nobody could look", async () => {
  using sandbox = new Sandbox();
  const home = join(sandbox.folder, "home");
  mkdirSync(join(home, ".config"), { recursive: true });
  chmodSync(join(home, ".config"), 0o600);
  chmodSync(sandbox.folder, 0o755);
  const user = process.getuid?.() === 0 ? { uid: 54_321 } : {};
  const result = await run(sandbox, bins.omg, ["list"], { env: { HOME: home }, ...user });
  expect(result).toMatchObject({ code: 5, stdout: "" });
  expect(result.stderr).toMatch(/home\/\.config\S+ \(can not be looked at: EACCES\)\n/);
  expect(result.stderr).toContain(`  ${join(sandbox.folder, "config.yaml")}\n`);
});

describe("omg config --resolved", () => {
  test("prints the whole configuration, each value with its origin, nothing secret", async () => {
    using sandbox = new Sandbox();
    const runtime = scripted("--name", "${VALUE}");
    sandbox.write("catalog.yaml", {
      servers: [
        { id: "a", runtime, env: { PLAIN: "literal" } },
        { id: "b", runtime: { type: "local-process", command: "${NOT_SET_ANYWHERE}" } },
      ],
    });
    sandbox.write("config.yaml", "request_timeout_seconds: 7\ncatalog_path: catalog.yaml\n");
    const env = { MCP_GATEWAY_API_KEY: "key-of-this-test", OMG_LOG_LEVEL: "warn", VALUE: "outside" };
    const flags = ["--listen-addr", "localhost:9"];
    const { code, stdout, stderr } = await run(sandbox, bins.omg, ["config", "--resolved", ...flags], {
      env,
    });
    expect([code, stderr]).toEqual([0, ""]);
    for (const line of [
      "listen_addr: localhost:9 # flag --listen-addr\n",
      "request_timeout_seconds: 7 # config.yaml:1\n",
      "log_level: warn # environment OMG_LOG_LEVEL\n",
      'api_key: "***" # environment MCP_GATEWAY_API_KEY\n',
      "idle_timeout_seconds: 300 # default\n",
      "  # catalog.yaml:2\n  - id: a\n",
      "  # disabled: The variable ${NOT_SET_ANYWHERE} is not set\n  - id: b\n",
    ]) {
      expect(stdout).toContain(line);
    }
    for (const secret of ["key-of-this-test", "outside", "literal"]) expect(stdout).not.toContain(secret);
    expect(parse(stdout).servers[0]).toMatchObject({
      id: "a",
      runtime: { ...runtime, args: runtime.args.with(-1, "***") },
      env: { PLAIN: "***" },
      scope: "shared",
      idle_timeout_seconds: 300,
    });
  });
});
