import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scriptedServer } from "@omg/runtime-testkit";
import { describe, expect, test, vi } from "vitest";
import { bins, type Finished, RunningGateway, run, Sandbox } from "./support/omg.ts";

vi.setConfig({ testTimeout: 60_000 });

const fixture = new URL("./fixtures/plug-in/index.js", import.meta.url);
const name = "@acme/omg-runtime-acme";

interface Problem {
  readonly message: string;
  readonly range: { readonly start: { readonly line: number } };
}

const acme = { type: "acme", script: scriptedServer().file };

/** A folder with a package in its node_modules, which is the fixture unless its code is given. */
function withPackage(code?: string, manifest: object = {}): Sandbox {
  const sandbox = new Sandbox();
  const folder = join(sandbox.folder, "node_modules", name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name, version: "1.0.0", type: "module", exports: "./index.js", ...manifest }),
  );
  if (code === undefined) cpSync(fixture, join(folder, "index.js"));
  else writeFileSync(join(folder, "index.js"), code);
  return sandbox;
}

function configure(sandbox: Sandbox, servers: object[], runtimes: object = { acme: name }): void {
  sandbox.write("config.yaml", { runtimes, servers });
}

function omg(sandbox: Sandbox, ...args: string[]): Promise<Finished> {
  return run(sandbox, bins.omg, args);
}

describe("a runtime of somebody else", () => {
  test("runs servers, found from the configuration's folder by the name of its package", async () => {
    using sandbox = withPackage();
    configure(sandbox, [{ id: "one", runtime: acme }]);
    const { code, stdout } = await run(
      sandbox,
      bins.omg,
      ["call", "one.echo", "text=hi", "--config", join(sandbox.folder, "config.yaml")],
      {
        cwd: "/",
      },
    );
    expect([code, stdout]).toEqual([0, "hi\n"]);
  });

  test("may be a file beside the configuration", async () => {
    using sandbox = new Sandbox();
    cpSync(fixture, join(sandbox.folder, "acme.mjs"));
    configure(sandbox, [{ id: "one", runtime: acme }], { acme: "./acme.mjs" });
    expect((await omg(sandbox, "call", "one.echo", "text=hi")).stdout).toBe("hi\n");
  });

  test("is loaded only if it is listed, and only if a server uses it", async () => {
    using sandbox = withPackage();
    const mark = join(sandbox.folder, "mark");
    const env = { PLUG_IN_LOADED: mark };
    configure(sandbox, [{ id: "one", runtime: acme }], {});
    const unlisted = await run(sandbox, bins.omg, ["validate"], { env });
    expect(unlisted.stderr).toContain(
      "Server 'one' has unknown runtime type: acme; a runtime that is not one of the gateway's own must be listed under runtimes\n",
    );
    configure(sandbox, [{ id: "other", runtime: { type: "local-process", command: "true" } }]);
    expect((await run(sandbox, bins.omg, ["validate"], { env })).code).toBe(0);
    expect(existsSync(mark)).toBe(false);
    configure(sandbox, [{ id: "one", runtime: acme }]);
    expect((await run(sandbox, bins.omg, ["validate"], { env })).code).toBe(0);
    expect(readFileSync(mark, "utf8")).toBe("loaded\n");
  });

  test("has its options checked by its own schema, with their place", async () => {
    using sandbox = withPackage();
    sandbox.write(
      "config.yaml",
      `runtimes:
  acme: "${name}"
servers:
  - id: one
    runtime:
      type: acme
      script: 7
  - id: two
    runtime:
      type: acme
      script: x
      scrpt: y
`,
    );
    const { code, stderr } = await omg(sandbox, "validate");
    expect(code).toBe(5);
    expect(stderr).toMatch(/runtime\.script: must be the file of a server\n {2}config\.yaml:7:7$/m);
    expect(stderr).toMatch(/Unknown key "scrpt"\. Did you mean "script"\?\n {2}config\.yaml:12:7$/m);
  });

  test("has its part in the schema that omg schema prints", async () => {
    using sandbox = withPackage();
    configure(sandbox, []);
    const { definitions } = JSON.parse((await omg(sandbox, "schema", "catalog")).stdout);
    expect(definitions["runtime-acme"].properties.script.description).toBe("The server's file");
    expect(JSON.stringify(definitions.server)).toContain("acme");
  });

  test("comes with a reload, and its servers start without a restart", async () => {
    using sandbox = withPackage();
    configure(sandbox, [], {});
    await using gateway = await RunningGateway.start(sandbox, []);
    configure(sandbox, [{ id: "one", runtime: acme }]);
    await gateway.loggedTimes("Loaded 1 servers", 1);
    expect(await gateway.call("one", "echo", { text: "hi" })).toBe("hi");
    expect(gateway.log.filter(({ message }) => String(message).includes("after a restart"))).toEqual([]);
  });
});

// One of them takes its time: twice ten seconds.
describe("a runtime of somebody else that can not be used says why, and disables its servers alone", () => {
  const makes = (runtime: string) => `export default () => (${runtime})`;
  test.each<[what: string, code: string | undefined, problem: RegExp]>([
    [
      "is not installed",
      undefined,
      /^@acme\/other is not installed; install it in \S+ with: npm install @acme\/other$/,
    ],
    ["throws when it is loaded", "throw new Error('no licence')", /can not be used: no licence$/],
    ["does not parse", "export default {", /can not be used: Unexpected end of input$/],
    [
      "hangs when it is loaded",
      "await new Promise(() => setInterval(() => {}, 1000))",
      /it was not loaded within 10 s$/,
    ],
    [
      "exports something else",
      "export const runtime = 1",
      /its default export is no function that makes runtimes$/,
    ],
    [
      "has a factory that throws",
      "export default () => { throw new Error('not today') }",
      /can not be used: not today$/,
    ],
    ["makes nothing", makes("undefined"), /makes is no runtime: it has no name and specVersion$/],
    ["makes a promise", "export default async () => ({ specVersion: 'v1', name: 'acme' })", /is no runtime/],
    ["is called otherwise", makes("{ specVersion: 'v1', name: 'akme' }"), /is not in \S+, which has akme$/],
    [
      "is of another version",
      makes("{ specVersion: 'v2', name: 'acme' }"),
      /is made for interface v2; this gateway has v1$/,
    ],
    [
      "has a check that throws",
      makes("{ specVersion: 'v1', name: 'acme' }"),
      /failed to check its options: /,
    ],
    [
      "has a check that never ends",
      makes(
        "{ specVersion: 'v1', name: 'acme', options: { '~standard': { validate: () => new Promise(() => {}) } } }",
      ),
      /failed to check its options: it did not end within 10 s$/,
    ],
  ])("%s", async (_what, code, problem) => {
    using sandbox = withPackage(code ?? "");
    const runtimes = { acme: code === undefined ? "@acme/other" : name };
    const healthy = { type: "local-process", command: process.execPath, args: [scriptedServer().file] };
    configure(
      sandbox,
      [
        { id: "one", runtime: acme },
        { id: "two", runtime: healthy },
      ],
      runtimes,
    );
    const { code: exit, stdout } = await omg(sandbox, "validate", "--format", "json");
    const { diagnostics } = JSON.parse(stdout) as { diagnostics: Problem[] };
    expect(exit).toBe(5);
    expect(diagnostics).toMatchObject([{ server: "one", file: "config.yaml" }]);
    const [{ message, range } = { message: "", range: { start: { line: 0 } } }] = diagnostics;
    // At the entry, which comes after "runtimes:" and its one line.
    expect(range.start.line).toBeGreaterThan(2);
    expect(message.replace(/^The runtime acme:? /, "")).toMatch(problem);
    expect((await omg(sandbox, "call", "two.echo", "text=hi")).stdout).toBe("hi\n");
  });

  test("a type of the gateway's own can not be somebody else's", async () => {
    using sandbox = withPackage();
    configure(sandbox, [], { docker: name });
    const { code, stderr } = await omg(sandbox, "validate");
    expect(code).toBe(5);
    expect(stderr).toMatch(/runtimes\.docker: is a type of the gateway's own.*\n {2}config\.yaml:2:/);
  });
});

describe("a runtime of somebody else that goes wrong while it is used", () => {
  test.each([
    ["throws", /acme is out of order/],
    ["hangs", /did not start within 1 s|start timeout|within 1 s/],
  ])("at a start: it %s, and its callers hear it", async (fault, message) => {
    using sandbox = withPackage();
    configure(sandbox, [{ id: "one", start_timeout_seconds: 1, runtime: { ...acme, fault } }]);
    const { code, stderr } = await omg(sandbox, "call", "one.echo");
    expect(code).toBe(6);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test("later, in the middle of a command: it says so, and goes on", async () => {
    using sandbox = withPackage();
    configure(sandbox, [{ id: "one", runtime: { ...acme, fault: "throws later" } }]);
    const { code, stdout, stderr } = await omg(sandbox, "call", "one.echo", "text=hi");
    expect({ code, stdout }).toEqual({ code: 0, stdout: "hi\n" });
    expect(stderr).toContain(`A fault of the runtime ${name}: acme exploded\n`);
    expect(stderr).not.toMatch(/^ {4}at /m);
  });

  test("later, where nobody catches it: the log names it, and the gateway goes on", async () => {
    using sandbox = withPackage();
    configure(sandbox, [{ id: "one", runtime: { ...acme, fault: "throws later" } }]);
    await using gateway = await RunningGateway.start(sandbox, []);
    expect(await gateway.call("one", "echo", { text: "hi" })).toBe("hi");
    const fault = await gateway.logged(`A fault of the runtime ${name}; the gateway goes on`);
    expect(fault.error).toContain("acme exploded");
    expect(await gateway.call("one", "echo", { text: "still here" })).toBe("still here");
    expect(await gateway.stop()).toBe(0);
  });
});
