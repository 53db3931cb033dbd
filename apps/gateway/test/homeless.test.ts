import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bins, RunningGateway, run, Sandbox } from "./support/omg.ts";

const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n';

describe("a state folder that can not be written", () => {
  test("stops no command; the log says once what is lost", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const config = sandbox.write("config.yaml", { listen_addr: "localhost:9", catalog_path: catalog });
    const env = { XDG_STATE_HOME: sandbox.write("no-folder", "") };
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog], env);
    expect(await gateway.call("a", "echo", { text: "on" })).toBe("on");
    expect(await gateway.stop()).toBe(0);
    const warnings = gateway.log.filter(({ level }) => level === "warn");
    const why = expect.any(String);
    expect(warnings).toMatchObject([
      { message: expect.stringContaining("can not remove what it leaves behind"), why },
      { message: expect.stringContaining("What servers offer can not be remembered"), why },
    ]);
    const call = await run(sandbox, bins.omg, ["call", "a.echo", "text=on", "--config", config], { env });
    expect(call).toEqual({ code: 0, stdout: "on\n", stderr: "" });
    const stdio = await run(sandbox, bins.stdio, ["-s", "a", "-c", catalog], { env, input: list });
    expect(JSON.parse(stdio.stdout)).toMatchObject({ id: 1, result: {} });
  });
});

const isRoot = process.getuid?.() === 0;

describe("a user without a home", () => {
  const uid = 54_321;
  const env = { HOME: undefined, XDG_STATE_HOME: undefined };

  test("can use every command", async ({ skip }) => {
    if (!isRoot) skip("only root can become a user that the system does not know");
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const config = sandbox.write("config.yaml", { listen_addr: "localhost:9", catalog_path: catalog });
    chmodSync(sandbox.folder, 0o755);
    const omg = (...args: string[]) => run(sandbox, bins.omg, args, { env, uid, input: list });
    expect(await omg("list", "--config", config)).toMatchObject({ code: 0 });
    expect(await omg("validate", "--config", config)).toMatchObject({ code: 0, stderr: "" });
    const call = await omg("call", "a.echo", "text=on", "--config", config);
    expect(call).toEqual({ code: 0, stdout: "on\n", stderr: "" });
    const stdio = await omg("stdio", "-s", "a", "--catalog", catalog);
    expect(JSON.parse(stdio.stdout)).toMatchObject({ id: 1, result: {} });
    expect(stdio.stderr).toContain("set HOME or XDG_STATE_HOME");
  });

  test("is told so where a path needs one, and where a configuration is looked for", async ({ skip }) => {
    if (!isRoot) skip("only root can become a user that the system does not know");
    using sandbox = new Sandbox();
    const config = sandbox.write("other.yaml", { catalog_path: "~/catalog.yaml" });
    chmodSync(sandbox.folder, 0o755);
    const tilde = await run(sandbox, bins.omg, ["validate", "--config", config], { env, uid });
    expect(tilde).toMatchObject({
      code: 5,
      stderr: expect.stringMatching(/^error\[config_invalid\]: .*set HOME/),
    });
    const nothing = await run(sandbox, bins.omg, ["list"], { env, uid });
    expect(nothing).toMatchObject({ code: 5, stderr: expect.stringContaining("--config PATH") });
    expect(nothing.stderr).not.toContain(join(".config", "mcp-gateway"));
  });
});
