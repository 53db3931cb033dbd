import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bins, repository, run, Sandbox } from "./support/omg.ts";

// Configurations as the original's manual has them: every key, every runtime that is there or announced.
const folder = join(repository, "apps/gateway/test/fixtures/original");
const env = { MCP_GATEWAY_API_KEY: "a-key-for-the-test", DB_HOST: "db", DATABASE_URL: "postgres://db/one" };

/** The line and column, from 1, of a text in a file. */
function placeOf(file: string, text: string): string {
  const lines = readFileSync(join(folder, file), "utf8").split("\n");
  const line = lines.findIndex((candidate) => candidate.includes(text));
  return `${line + 1}:${(lines[line]?.indexOf(text) ?? -1) + 1}`;
}

describe("the original's smallest pair of files", () => {
  test("is valid with a key, and without one says why it does not listen to the world", async () => {
    using sandbox = new Sandbox();
    const args = ["validate", "--config", join(folder, "minimal-config.yaml")];
    const valid = await run(sandbox, bins.omg, args, { env });
    expect(valid).toEqual({ code: 0, stdout: "The configuration is valid: 1 server.\n", stderr: "" });
    const { code, stderr } = await run(sandbox, bins.omg, args);
    expect(code).toBe(5);
    expect(stderr).toContain("unsafe_bind");
    expect(stderr).toContain("minimal-config.yaml:1:1");
  });
});

describe("a full pair of files of the original", () => {
  const config = join(folder, "config.yaml");
  const omg = (sandbox: Sandbox, ...args: string[]) =>
    run(sandbox, bins.omg, [...args, "--config", config], {
      env: { ...env, GITHUB_TOKEN: "t0ken-for-the-test" },
    });

  test("loads unchanged: every key is known, every server listed", async () => {
    using sandbox = new Sandbox();
    const { stderr } = await omg(sandbox, "validate");
    // The tag of an image is worth a warning.
    expect(stderr.match(/^error.*$/gm) ?? []).toEqual([]);
    const list = await omg(sandbox, "list", "--json");
    const { servers } = JSON.parse(list.stdout) as { servers: { id: string; description: string }[] };
    expect(servers.map(({ id }) => id)).toEqual(["postgres", "github", "sandbox", "report", "search"]);
    expect(servers[0]?.description).toBe("Queries and schemas\nof one database.\n");
  });

  test("has its own names for the times", async () => {
    using sandbox = new Sandbox();
    const { stdout } = await omg(sandbox, "config", "--resolved");
    expect(stdout).toContain("max_connections_per_server: 10 #");
    expect(stdout).toContain('api_key: "***"');
    expect(stdout).not.toContain(env.MCP_GATEWAY_API_KEY);
  });

  test("says of a command that is not there that it was not found, when it is called", async () => {
    using sandbox = new Sandbox();
    const { code, stdout, stderr } = await omg(sandbox, "call", "postgres.query");
    expect([code, stdout]).toEqual([6, ""]);
    expect(stderr).toMatch(/postgres.*postgres-mcp.*not found|postgres-mcp.*(?:not found|does not exist)/s);
  });

  test("says of an unset variable where it stands, and disables that server alone", async () => {
    using sandbox = new Sandbox();
    const { stderr } = await run(sandbox, bins.omg, ["validate", "--config", config], { env });
    const place = placeOf("catalog.yaml", "Authorization");
    expect(stderr).toContain("error[config_invalid]: The variable ${GITHUB_TOKEN} is not set\n");
    expect(stderr).toContain(`catalog.yaml:${place}\n`);
    expect(stderr.match(/is not set\n/g)).toHaveLength(1);
    const list = await run(sandbox, bins.omg, ["list", "--config", config], { env });
    expect(list.stdout).toMatch(/github +disabled +remote-sse .*The variable \$\{GITHUB_TOKEN\} is not set/);
    expect(list.stdout).toMatch(/postgres +not running/);
  });
});

describe("a runtime that is not installed", () => {
  const without = new URL("./support/without-runtimes.mjs", import.meta.url);
  const packages = {
    sandbox: "@omg/runtime-docker",
    report: "@omg/runtime-k8s",
    search: "@omg/runtime-k8s",
  };

  test.each(Object.entries(packages))("is named with the command that installs it: %s", async (id, name) => {
    using sandbox = new Sandbox();
    const args = ["call", `${id}.any`, "--config", join(folder, "config.yaml")];
    const { code, stderr } = await run(sandbox, bins.omg, args, {
      env: { ...env, GITHUB_TOKEN: "t", NODE_OPTIONS: `--import=${without}` },
    });
    expect(code).toBe(6);
    expect(stderr).toContain(`npm install ${name}`);
  });
});
