import { chmodSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bins, RunningGateway, run, Sandbox, scripted } from "./support/omg.ts";

/** A line of a stack trace. */
const stack = /^\s+at /m;

/** Entries that are broken, each in its own way. */
const broken: object[] = [
  { runtime: { type: "teleport" } },
  { runtime: { type: "local-process" } },
  { runtime: { type: "local-process", command: 5 } },
  { runtime: { type: "local-process", command: "${NOT_SET_ANYWHERE}" } },
  { runtime: "local-process" },
  {},
  { runtime: scripted(), env: ["a"] },
  { runtime: scripted(), inherit_env: "HOME" },
  { runtime: scripted(), scope: "mine" },
  { runtime: scripted(), descripton: "typo" },
];

describe("a catalog with broken entries", () => {
  test("omg list, omg call and omg validate say what is wrong, without a stack trace", async () => {
    using sandbox = new Sandbox();
    const servers = [
      { id: "good", runtime: scripted() },
      ...broken.map((entry, at) => ({ id: `b${at}`, ...entry })),
    ];
    const config = sandbox.write("config.yaml", { listen_addr: "localhost:9", servers });
    const omg = (...args: string[]) => run(sandbox, bins.omg, [...args, "--config", config]);
    const list = await omg("list");
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/good +not running/);
    expect(list.stdout.match(/disabled/g)).toHaveLength(broken.length);
    const good = await omg("call", "good.echo", "text=on");
    expect(good).toMatchObject({ code: 0, stdout: "on\n" });
    const results = [list, good, await omg("validate")];
    for (const at of [0, 3, 5, 6]) {
      const call = await omg("call", `b${at}.echo`);
      expect(call).toMatchObject({ code: 6, stdout: "" });
      expect(call.stderr).toContain("error[server_disabled]");
      results.push(call);
    }
    for (const { stderr } of results) expect(stderr).not.toMatch(stack);
  }, 60_000);

  test("with 450 of 500 good ones the gateway is ready at once, and those are usable", async () => {
    using sandbox = new Sandbox();
    const servers = Array.from({ length: 500 }, (_, at) => ({
      id: `s${at}`,
      ...(at % 10 === 3 ? broken[Math.floor(at / 10) % broken.length] : { runtime: scripted() }),
    }));
    const catalog = sandbox.write("catalog.yaml", { servers });
    const start = performance.now();
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    // Two seconds are the promise; a busy machine that runs other tests beside may take twice that.
    expect(performance.now() - start).toBeLessThan(4000);
    const all = (await (await fetch(`${gateway.url}/servers`)).json()) as { id: string; problem?: string }[];
    const bad = all.filter(({ problem }) => problem !== undefined);
    expect([all.length, bad.length]).toEqual([500, 50]);
    expect(bad.every(({ problem }) => problem !== "")).toBe(true);
    for (const id of ["s0", "s250", "s499"]) expect(await gateway.call(id, "echo", { text: id })).toBe(id);
    expect(JSON.stringify(await gateway.rpc("s3", "tools/list"))).toContain("is disabled");
  }, 30_000);
});

describe("a configuration that can not be read", () => {
  test("because it is a folder", async () => {
    using sandbox = new Sandbox();
    for (const args of [
      ["--config", sandbox.folder],
      ["--catalog", sandbox.folder],
    ]) {
      const result = await run(sandbox, bins.omg, ["serve", ...args]);
      expect(result).toMatchObject({
        code: 5,
        stdout: "",
        stderr: expect.stringContaining("it is a folder"),
      });
      expect(result.stderr).toMatch(/^error\[config_invalid\]: [^\n]*\n$/);
    }
  });

  test("because this user may not", async () => {
    using sandbox = new Sandbox();
    const config = sandbox.write("config.yaml", { servers: [] });
    chmodSync(config, 0);
    chmodSync(sandbox.folder, 0o755);
    // Root may read everything; as root the test becomes somebody else.
    const user = process.getuid?.() === 0 ? { uid: 54_321 } : {};
    const result = await run(sandbox, bins.omg, ["serve", "--config", config], user);
    expect(result).toMatchObject({ code: 5, stdout: "", stderr: expect.stringContaining("permission") });
    expect(result.stderr).toMatch(/^error\[config_invalid\]: [^\n]*\n$/);
  });
});
