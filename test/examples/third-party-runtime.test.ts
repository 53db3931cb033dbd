import { execFileSync } from "node:child_process";
import { mkdirSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bins, RunningGateway, run, Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { processesWith } from "../../examples/third-party-runtime/test/support/processes.ts";
import { describeWithSshd } from "../../examples/third-party-runtime/test/support/sshd.ts";
import { packPackage } from "../../scripts/packages/pack.ts";
import { repositoryRoot } from "../support/workspace.ts";

const name = "@acme/omg-runtime-ssh";
const directory = join(repositoryRoot, "examples/third-party-runtime");
const everything = realpathSync(
  join(
    repositoryRoot,
    "examples/quick-start/node_modules/@modelcontextprotocol/server-everything/dist/index.js",
  ),
);

describeWithSshd("examples/third-party-runtime, packed and installed beside a configuration", (sshd) => {
  const sandbox = new Sandbox();
  /** What the server carries, and nothing else on this machine. */
  const mark = `far-${crypto.randomUUID()}`;

  beforeAll(async () => {
    const modules = join(sandbox.folder, "node_modules");
    mkdirSync(join(modules, name), { recursive: true });
    const tarball = await packPackage({ name, directory }, sandbox.folder);
    execFileSync("tar", ["-xzf", tarball, "-C", join(modules, name), "--strip-components=1"]);
    // What an install finds elsewhere.
    mkdirSync(join(modules, "@omg"));
    for (const needed of ["@omg/core", "zod"])
      symlinkSync(realpathSync(join(directory, "node_modules", needed)), join(modules, needed));
  }, 60_000);
  afterAll(() => sandbox[Symbol.dispose]());

  function configure(changes: object = {}): void {
    const options = { ...sshd.place, command: process.execPath, args: [everything, "stdio"], ...changes };
    const servers = [{ id: "far", env: { MARK: mark }, runtime: { type: "ssh", ...options } }];
    sandbox.write("config.yaml", { runtimes: { ssh: name }, servers });
  }

  test("runs a server over SSH for a command", async () => {
    configure();
    const { code, stdout } = await run(sandbox, bins.omg, ["call", "far.echo", "message=hello"]);
    expect([code, stdout]).toEqual([0, "Echo: hello\n"]);
    expect(processesWith(mark)).toEqual([]);
  });

  test("runs a server over SSH for the clients of a gateway, which takes it along", async () => {
    configure();
    await using gateway = await RunningGateway.start(sandbox, []);
    expect(await gateway.call("far", "echo", { message: "hello" })).toBe("Echo: hello");
    expect(processesWith(mark)).not.toEqual([]);
    expect(await gateway.stop()).toBe(0);
    expect(processesWith(mark)).toEqual([]);
  });

  test("has its options checked, with their place", async () => {
    configure({ port: "22a", comand: "x" });
    const { code, stderr } = await run(sandbox, bins.omg, ["validate"]);
    expect(code).toBe(5);
    expect(stderr).toMatch(/runtime\.port: .*\n {2}config\.yaml:10:\d+$/m);
    expect(stderr).toMatch(/Unknown key "comand"\. Did you mean "command"\?\n {2}config\.yaml:\d+:\d+$/m);
  });

  test("says why a server does not start", async () => {
    configure({ command: "no-such-command" });
    const { code, stderr } = await run(sandbox, bins.omg, ["call", "far.echo", "message=hello"]);
    expect(code).toBe(6);
    expect(stderr).toContain(`"no-such-command" was not found there. Install it`);
  });
});
