import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RunningGateway, Sandbox } from "./support/omg.ts";
import { childrenOf, isRunning, processesWith, until } from "./support/processes.ts";

describe("real processes", () => {
  test("1,000 concurrent cold calls make one start, and all are answered", async () => {
    using sandbox = new Sandbox();
    const starts = join(sandbox.folder, "starts");
    const catalog = sandbox.catalog({ cold: ["--count-file", starts, "--slow-start", "300"] });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const calls = Array.from({ length: 1000 }, (_, index) =>
      gateway.call("cold", "echo", { text: String(index) }),
    );
    const answers = await Promise.all(calls);
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, index) => String(index)));
    expect(readFileSync(starts, "utf8").trim().split("\n")).toHaveLength(1);
  }, 60_000);

  test("300 calls timed at the edge of the idle timeout lose none", async () => {
    using sandbox = new Sandbox();
    const starts = join(sandbox.folder, "starts");
    const servers = Array.from({ length: 10 }, (_, index) => `s${index}`);
    const catalog = sandbox.catalog(
      Object.fromEntries(servers.map((id) => [id, ["--count-file", starts]])),
      Object.fromEntries(servers.map((id) => [id, { idle_timeout_seconds: 1 }])),
    );
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const calls = servers.map(async (id, index) => {
      for (let turn = 0; turn < 30; turn++) {
        expect(await gateway.call(id, "echo", { text: `${turn}` })).toBe(`${turn}`);
        // Around the second, in steps of a millisecond, a different way for each server.
        const edge = 1000 - 15 + ((turn * 7 + index * 3) % 31);
        await new Promise((resolve) => setTimeout(resolve, edge));
      }
    });
    await Promise.all(calls);
    const count = readFileSync(starts, "utf8").trim().split("\n").length;
    expect(count).toBeGreaterThan(20);
    expect(count).toBeLessThan(300);
  }, 180_000);

  test("an idle server's process is gone", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] }, { a: { idle_timeout_seconds: 1 } });
    await using gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const { server } = JSON.parse(await gateway.call("a", "pids"));
    expect(isRunning(server)).toBe(true);
    await gateway.logged("Server stopped", "a");
    expect(isRunning(server)).toBe(false);
  });
});

describe("kill -9 of the gateway", () => {
  const stubborn = ["--ignore-eof", "--ignore-sigterm"];
  const kinds = {
    plain: [],
    stubborn,
    "with a grandchild": [...stubborn, "--grandchild", "group"],
    "with a grandchild that left the group": [...stubborn, "--grandchild", "session"],
  };

  test("leaves no process within three seconds, whatever the servers ignore", async () => {
    using sandbox = new Sandbox();
    const names = Object.keys(kinds);
    const catalog = sandbox.catalog(
      Object.fromEntries(Object.values(kinds).map((args, at) => [`s${at}`, args])),
    );
    const gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const pids: number[] = [];
    for (const at of names.keys()) {
      const { server, grandchild } = JSON.parse(await gateway.call(`s${at}`, "pids"));
      pids.push(server, ...(grandchild === null ? [] : [grandchild]));
    }
    expect(pids).toHaveLength(6);
    expect(pids.every(isRunning)).toBe(true);
    await gateway.stop("SIGKILL");
    await until(() => !pids.some(isRunning), 3000);
    expect(processesWith(sandbox.folder)).toEqual([]);
  }, 60_000);

  test("what it left is swept at the next start, should even the janitor be gone", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({
      a: [...stubborn, "--grandchild", "session"],
      b: [...stubborn, "--grandchild", "group"],
    });
    const first = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const pids: number[] = [];
    for (const id of ["a", "b"]) {
      const { server, grandchild } = JSON.parse(await first.call(id, "pids"));
      pids.push(server, grandchild);
    }
    const janitors = childrenOf(first.process.pid as number).filter((pid) => !pids.includes(pid));
    for (const pid of janitors) process.kill(pid, "SIGKILL");
    process.kill(first.process.pid as number, "SIGKILL");
    await once(first.process, "exit");
    expect(pids.every(isRunning)).toBe(true);

    await using second = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    await second.logged("Removed what a dead gateway left behind");
    expect(pids.some(isRunning)).toBe(false);
  }, 60_000);
});

describe("SIGTERM", () => {
  test("drains the calls in flight, says it is draining, and ends with 0", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const { server } = JSON.parse(await gateway.call("a", "pids"));
    const calls = Array.from({ length: 100 }, () => gateway.call("a", "sleep", { ms: 1500 }));
    await until(() => gateway.process.exitCode === null, 100);
    await stats(gateway, 101);
    const exit = gateway.stop("SIGTERM");
    await gateway.logged("SIGTERM: finishing the calls in flight; once more to stop at once");
    expect((await fetch(`${gateway.url}/readyz`)).status).toBe(503);
    expect(JSON.stringify(await gateway.rpc("a", "tools/list"))).toContain("shutting down");
    expect(new Set(await Promise.all(calls))).toEqual(new Set(["slept 1500 ms"]));
    expect(await exit).toBe(0);
    expect(isRunning(server)).toBe(false);
  }, 60_000);

  test("a second one ends it at once, with nothing left", async () => {
    using sandbox = new Sandbox();
    const catalog = sandbox.catalog({ a: [] });
    const gateway = await RunningGateway.start(sandbox, ["--catalog", catalog]);
    const { server } = JSON.parse(await gateway.call("a", "pids"));
    const call = gateway.call("a", "sleep", { ms: 20_000 }).catch(() => "cut off");
    await stats(gateway, 2);
    const exit = gateway.stop("SIGTERM");
    await gateway.logged("SIGTERM: finishing the calls in flight; once more to stop at once");
    gateway.process.kill("SIGTERM");
    expect(await exit).toBe(143);
    expect(await call).toBe("cut off");
    expect(isRunning(server)).toBe(false);
  }, 60_000);
});

test("a gateway whose log nobody reads any more serves on, and ends when told", async () => {
  using sandbox = new Sandbox();
  const catalog = sandbox.catalog({ a: [] });
  const gateway = await RunningGateway.start(sandbox, ["--catalog", catalog, "--log-level", "trace"]);
  const { server } = JSON.parse(await gateway.call("a", "pids"));
  gateway.process.stderr.destroy();
  gateway.process.stdout.destroy();
  for (let turn = 0; turn < 20; turn++) expect(await gateway.call("a", "echo", { text: "on" })).toBe("on");
  expect(await gateway.stop()).toBe(0);
  expect(isRunning(server)).toBe(false);
});

/** Waits until the gateway has taken in so many requests. */
async function stats(gateway: RunningGateway, requests: number): Promise<void> {
  for (;;) {
    const body = (await (await fetch(`${gateway.url}/stats`)).json()) as { total_requests: number };
    if (body.total_requests >= requests) return;
  }
}
