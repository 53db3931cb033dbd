import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bins, RunningGateway, repository, run, Sandbox, scripted } from "./support/omg.ts";
import { until } from "./support/processes.ts";

const { version } = JSON.parse(readFileSync(join(repository, "apps/gateway/package.json"), "utf8"));

describe("help and version", () => {
  test("every bin prints its version and a help that fits a screen", async () => {
    using sandbox = new Sandbox();
    for (const bin of Object.values(bins)) {
      expect(await run(sandbox, bin, ["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
      const help = await run(sandbox, bin, ["--help"]);
      expect(help.code).toBe(0);
      const lines = help.stdout.split("\n");
      expect(lines.length).toBeLessThanOrEqual(32);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    }
  });

  test("a mistyped command or flag is a usage error", async () => {
    using sandbox = new Sandbox();
    expect((await run(sandbox, bins.omg, ["lst"])).code).toBe(2);
    expect((await run(sandbox, bins.omg, ["list", "--jsn"])).code).toBe(2);
    expect((await run(sandbox, bins.stdio, [])).code).toBe(2);
  });
});

describe("omg validate", () => {
  test("a good configuration is valid, by command and by the original's flag", async () => {
    using sandbox = new Sandbox();
    sandbox.catalog({ a: [], b: [] });
    const config = sandbox.write("config.yaml", { catalog_path: "catalog.yaml" });
    for (const [bin, args] of [
      [bins.omg, ["validate"]],
      [bins.omg, ["serve", "--validate", "--config", config]],
      [bins.http, ["--config", config, "--validate"]],
    ] as const) {
      expect(await run(sandbox, bin, args)).toMatchObject({
        code: 0,
        stdout: "The configuration is valid: 2 servers.\n",
      });
    }
  });

  test("says everything that is wrong, with file, line and column", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.write(
      "catalog.yaml",
      `servers:
  - id: a
    runtime: { type: local-process, command: x, comand: y }
  - id: a
    runtime: { type: local-process, command: x }
  - runtime: { type: local-process, command: x }
  - id: b
    runtime: { type: teleport }
  - id: c
    runtime: { type: local-process, command: "\${NOT_SET_ANYWHERE}" }
    descripton: typo
  - id: d
    runtime: { type: k8s-job, imgae: x }
`,
    );
    const { code, stderr } = await run(sandbox, bins.omg, ["validate", "--catalog", catalog]);
    expect(code).toBe(5);
    for (const problem of [
      /^error\[config_invalid\]: Duplicate server ID: a\n {2}\S*catalog\.yaml:4:5$/m,
      /^error\[config_invalid\]: Server at index 2 missing required field: id\n {2}\S*catalog\.yaml:6:5$/m,
      /^error\[config_invalid\]: Server 'b' has unknown runtime type: teleport; a runtime that .* under runtimes\n {2}\S*catalog\.yaml:8:16$/m,
      /^error\[config_invalid\]: The variable \$\{NOT_SET_ANYWHERE\} is not set\n {2}\S*catalog\.yaml:10:37$/m,
      /Unknown key "descripton"\. Did you mean "description"\?\n {2}\S*catalog\.yaml:11:5$/m,
      /Unknown key "imgae"\. Did you mean "image"\?\n {2}\S*catalog\.yaml:13:31$/m,
    ]) {
      expect(stderr).toMatch(problem);
    }
  });

  test.each([
    [{ listen_addr: "0.0.0.0:5555" }, /unsafe_bind.*api_key/],
    [{ allowed_hosts: ["http://foo:1"] }, /allowed_hosts: "http:\/\/foo:1" is no host name/],
    [{ cors_origins: ["foo"] }, /cors_origins: "foo" is no origin/],
  ])("refuses what could not be served: %j", async (keys, message) => {
    using sandbox = new Sandbox();
    const config = sandbox.write("config.yaml", { servers: [], ...keys });
    for (const command of ["validate", "serve"]) {
      const { code, stderr } = await run(sandbox, bins.omg, [command, "--config", config]);
      expect(code).toBe(5);
      expect(stderr).toMatch(message);
    }
  });

  test("files are read relative to the catalog that names them, and only files", async () => {
    using sandbox = new Sandbox();
    sandbox.write("key.txt", "k3y\n");
    const env = { GOOD: "${file:key.txt}", MISSING: "${file:nope.txt}", ENDLESS: "${file:/dev/zero}" };
    const servers = Object.entries(env).map(([id, KEY]) => ({ id, runtime: scripted(), env: { KEY } }));
    const catalog = sandbox.write("catalog.yaml", { servers });
    const { code, stderr } = await run(sandbox, bins.omg, ["validate", "--catalog", catalog], {
      cwd: repository,
    });
    expect(code).toBe(5);
    expect(stderr).toContain("The file nope.txt can not be read: it does not exist");
    expect(stderr).toContain("The file /dev/zero can not be read: it is no regular file");
    expect(stderr.match(/^error/gm)).toHaveLength(2);
    const called = await run(sandbox, bins.omg, ["call", "GOOD.env", "--catalog", catalog]);
    expect(JSON.parse(called.stdout).KEY).toBe("k3y");
  });

  test("no configuration, an unreadable one and a bad address end with 5 and a way out", async () => {
    using sandbox = new Sandbox();
    const home = { HOME: sandbox.folder };
    const nothing = await run(sandbox, bins.omg, ["serve"], { env: home });
    expect(nothing.code).toBe(5);
    expect(nothing.stderr).toContain("--config PATH");
    const missing = await run(sandbox, bins.omg, ["validate", "--config", "nope.yaml"]);
    expect(missing).toMatchObject({
      code: 5,
      stderr: expect.stringContaining("nope.yaml can not be read: it does not exist"),
    });
    const config = sandbox.write("config.yaml", { servers: [] });
    const address = await run(sandbox, bins.omg, ["serve", "--config", config, "--listen-addr", "4444"]);
    expect(address).toMatchObject({ code: 5, stderr: expect.stringContaining("host:port") });
  });
});

describe("omg serve", () => {
  test("says where it listens, which servers it knows and what to try, and the line works", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ alpha: [], beta: [] }, { beta: { description: "The second" } });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    await until(() => gateway.stdout.includes("curl"), 1000);
    expect(gateway.stdout).toContain(`${gateway.url}/mcp`);
    expect(gateway.stdout).toMatch(/alpha +local-process/);
    expect(gateway.stdout).toContain("The second");
    const line = gateway.stdout.split("\n").find((text) => text.trim().startsWith("curl"));
    const body = /-d '(.*)'/.exec(line ?? "")?.[1];
    const response = await fetch(`${gateway.url}/mcp`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body ?? "",
    });
    expect(await response.json()).toMatchObject({ result: { tools: expect.any(Array) } });
  });

  test("listens on loopback of both families and nowhere else", async () => {
    using sandbox = new Sandbox();
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", sandbox.catalog({})]);
    await gateway.logged("Listening");
    const { port } = new URL(gateway.url);
    for (const host of ["127.0.0.1", "[::1]"])
      expect((await fetch(`http://${host}:${port}/health`)).status).toBe(200);
    expect(
      new Set(gateway.log.filter(({ message }) => message === "Listening").map(({ address }) => address)),
    ).toEqual(new Set(["127.0.0.1", "::1"]));
  });

  test("refuses to listen beyond this machine without a key, and a port that is taken", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({});
    const open = await run(sandbox, bins.omg, ["serve", "--catalog", catalog, "--listen-addr", "0.0.0.0:0"]);
    expect(open.code).toBe(5);
    expect(open.stderr).toContain("api_key");
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const taken = await run(sandbox, bins.omg, [
      "serve",
      "--catalog",
      catalog,
      "--listen-addr",
      `localhost:${new URL(gateway.url).port}`,
    ]);
    expect(taken.code).toBe(5);
    const { port } = new URL(gateway.url);
    expect(taken.stderr).toContain(
      `error[port_in_use]: Cannot listen on 127.0.0.1:${port}: another process does. Stop it, or choose another port`,
    );
    // The one that runs is the only one that has anything to be swept up after.
    expect(readdirSync(join(sandbox.folder, "state", "omg", "owners"))).toHaveLength(1);
  });
});

describe("omg list and omg call", () => {
  test("work without a running gateway, and leave nothing running", async () => {
    using sandbox = new Sandbox();
    const config = sandbox.write("config.yaml", {
      listen_addr: "localhost:9",
      servers: [{ id: "a.b", runtime: scripted(), tags: ["t"] }],
    });
    const list = await run(sandbox, bins.omg, ["list", "--config", config]);
    expect(list.code).toBe(0);
    expect(list.stdout).toMatch(/a\.b +not running +local-process/);
    const call = await run(sandbox, bins.omg, ["call", "a.b.echo", "text=hello there", "--config", config]);
    expect(call).toEqual({ code: 0, stdout: "hello there\n", stderr: "" });
    const json = await run(sandbox, bins.omg, ["call", "a.b.big", "bytes:=5", "--raw", "--config", config]);
    expect(JSON.parse(json.stdout)).toEqual({ content: [{ type: "text", text: "xxxxx" }] });
  });

  test("use the running gateway, with its key", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const env = { MCP_GATEWAY_API_KEY: "a-key-for-the-test" };
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog], env);
    const call = await run(sandbox, bins.omg, ["call", "a.echo", "text=hi", "--url", gateway.url], { env });
    expect(call).toEqual({ code: 0, stdout: "hi\n", stderr: "" });
    const list = await run(sandbox, bins.omg, ["list", "--json", "--url", gateway.url], { env });
    expect(JSON.parse(list.stdout)).toMatchObject({
      v: 1,
      servers: [{ id: "a", status: "running", request_count: 2 }],
    });
    expect((await run(sandbox, bins.omg, ["list", "--url", gateway.url])).code).toBe(4);
    expect((await run(sandbox, bins.omg, ["list", "--url", "http://localhost:9"])).code).toBe(3);
  });

  test("end with the documented codes", async () => {
    using sandbox = new Sandbox();
    const config = sandbox.write("config.yaml", {
      listen_addr: "localhost:9",
      servers: [
        { id: "a", runtime: scripted() },
        { id: "broken", runtime: scripted("--exit-at-once", "1") },
      ],
    });
    const code = async (...args: string[]) =>
      (await run(sandbox, bins.omg, [...args, "--config", config])).code;
    expect(await code("call", "nope.echo")).toBe(2);
    expect(await code("call", "a.nope")).toBe(2);
    expect(await code("login", "nope")).toBe(2);
    expect(await code("call", "a.echo", "text")).toBe(2);
    expect(await code("call", "broken.echo")).toBe(6);
  });
});
