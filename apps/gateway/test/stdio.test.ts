import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { bins, RunningGateway, run, Sandbox } from "./support/omg.ts";
import { isRunning, processesWith, until } from "./support/processes.ts";

const list = '{"jsonrpc":"2.0","id":1,"method":"tools/list"}\n';
/** Reads a stream line by line. */
function linesFrom(stream: Readable): { next(): Promise<{ value: string }> } {
  return createInterface({ input: stream })[Symbol.asyncIterator]() as AsyncIterator<string, string>;
}
const linesOf = (text: string) =>
  text
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));

describe("gateway-stdio, as the original documents it", () => {
  test("answers a single piped request that no handshake came before, and ends", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: ["--slow-start", "200"] });
    const result = await run(sandbox, bins.stdio, ["--server", "a", "--catalog", catalog], { input: list });
    expect(result.code).toBe(0);
    expect(linesOf(result.stdout)).toMatchObject([{ id: 1, result: { tools: expect.any(Array) } }]);
    expect(processesWith(sandbox.folder)).toEqual([]);
  });

  test("says on stdout and stderr that a server is not in the catalog", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const result = await run(sandbox, bins.stdio, ["-s", "x", "-c", catalog], { input: list });
    expect(result.code).toBe(5);
    expect(linesOf(result.stdout)).toMatchObject([
      { id: null, error: { message: "Server 'x' not found in catalog" } },
    ]);
    expect(result.stderr).toContain("Server 'x' not found in catalog");
  });

  test("answers text that is no JSON with -32700, and a server that does not start under the request's id", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: ["--exit-at-once", "3"] });
    const result = await run(sandbox, bins.stdio, ["-s", "a", "-c", catalog], { input: `nonsense\n${list}` });
    const [parse, start] = linesOf(result.stdout);
    expect(parse).toMatchObject({ id: null, error: { code: -32700 } });
    expect(parse.error.message).toMatch(/^Parse error: invalid JSON/);
    expect(start).toMatchObject({
      id: 1,
      error: { data: { reason: "upstream_start_failed", detail: "exit_early" } },
    });
    expect(start.error.message).toContain("exit code 3");
    expect(start.error.message).toContain("boom");
  });
});

describe("omg stdio", () => {
  test("serves the whole catalog, answers in any order, and writes nothing but messages to stdout", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: ["--banner"], b: [] });
    const calls = ["a", "b", "a"].map((server, id) =>
      JSON.stringify({
        jsonrpc: "2.0",
        id,
        method: "tools/call",
        params: { name: `${server}__echo`, arguments: { text: `${server}${id}` } },
      }),
    );
    const result = await run(sandbox, bins.omg, ["stdio", "--catalog", catalog, "--log-level", "trace"], {
      input: `${calls.join("\n")}\n`,
    });
    const answers = linesOf(result.stdout).sort((x, y) => x.id - y.id);
    expect(answers.map((answer) => answer.result.content[0].text)).toEqual(["a0", "b1", "a2"]);
    for (const line of result.stderr.split("\n").filter(Boolean))
      expect(() => JSON.parse(line)).not.toThrow();
  });

  test("the end of its input ends everything it started, also what ignores the end of its own", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: ["--ignore-eof", "--ignore-sigterm", "--grandchild", "session"] });
    const child = spawn(process.execPath, [bins.omg, "stdio", "--catalog", catalog, "--server", "a"], {
      env: sandbox.env,
    });
    const lines = linesFrom(child.stdout);
    child.stdin.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pids"}}\n');
    const { value } = await lines.next();
    const { server, grandchild } = JSON.parse(JSON.parse(value).result.content[0].text);
    expect([server, grandchild].every(isRunning)).toBe(true);
    child.stdin.end();
    expect(await once(child, "exit")).toEqual([0, null]);
    expect([server, grandchild].some(isRunning)).toBe(false);
  }, 30_000);

  test("a client that breaks off with a call in flight leaves nothing behind", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const child = spawn(process.execPath, [bins.omg, "stdio", "--catalog", catalog, "--server", "a"], {
      env: sandbox.env,
    });
    const lines = linesFrom(child.stdout);
    child.stdin.write('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"pids"}}\n');
    const { server } = JSON.parse(JSON.parse((await lines.next()).value).result.content[0].text);
    child.stdin.write(
      '{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"sleep","arguments":{"ms":1000}}}\n',
    );
    child.stdout.destroy();
    child.stdin.destroy();
    await once(child, "exit");
    await until(() => !isRunning(server), 3000);
  }, 30_000);
});

describe("the bridge to a running gateway", () => {
  test("shares the gateway's instance, does the handshake if the client does not, and ends with it", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const { server } = JSON.parse(await gateway.call("a", "pids"));
    const call = '{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"pids"}}\n';
    const result = await run(sandbox, bins.stdio, ["--server", "a", "--gateway", gateway.url], {
      input: call,
    });
    const [answer] = linesOf(result.stdout);
    expect(answer.id).toBe("x");
    expect(JSON.parse(answer.result.content[0].text).server).toBe(server);
    expect(result.code).toBe(0);
  });

  test("carries the API key, and says what is wrong without it", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const key = { MCP_GATEWAY_API_KEY: "a-key-for-the-test" };
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog], key);
    const args = ["--server", "a", "--gateway", gateway.url];
    const withKey = await run(sandbox, bins.stdio, args, { input: list, env: key });
    expect(linesOf(withKey.stdout)).toMatchObject([{ result: {} }]);
    const without = await run(sandbox, bins.stdio, args, { input: list });
    expect(without.stdout).toContain("MCP_GATEWAY_API_KEY");
  });

  test("says that no gateway is there, and how to start one", async () => {
    using sandbox = new Sandbox();
    const result = await run(sandbox, bins.stdio, ["-s", "a", "-g", "http://localhost:9"], { input: list });
    expect(linesOf(result.stdout)).toMatchObject([
      { id: 1, error: { data: { reason: "gateway_unreachable" } } },
    ]);
    expect(result.stdout).toContain("omg serve");
  });

  test("opens its session anew after the gateway was restarted", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const first = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const port = new URL(first.url).port;
    const child = spawn(process.execPath, [bins.stdio, "-s", "a", "-g", first.url], { env: sandbox.env });
    const lines = linesFrom(child.stdout);
    child.stdin.write(list);
    expect(JSON.parse((await lines.next()).value)).toMatchObject({ id: 1, result: {} });
    await first.stop();
    await using second = await RunningGateway.start(sandbox, [
      "--catalog",
      catalog,
      "--listen-addr",
      `localhost:${port}`,
    ]);
    expect(second.url).toBe(first.url);
    child.stdin.write(list.replace('"id":1', '"id":2'));
    expect(JSON.parse((await lines.next()).value)).toMatchObject({ id: 2, result: {} });
    child.stdin.end();
    await once(child, "exit");
  }, 30_000);
});
