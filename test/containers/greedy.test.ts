import { afterAll, beforeAll, expect, test } from "vitest";
import { RunningGateway, Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { describeWithEngine } from "../../packages/runtime-docker/test/support/engine.ts";
import { probeEntry } from "../../packages/runtime-docker/test/support/probe.ts";

describeWithEngine("a server in a container that takes what it can get, behind the binary,", () => {
  const sandbox = new Sandbox();
  let gateway: RunningGateway;

  beforeAll(async () => {
    const greedy = probeEntry({ memory: "160m", pids_limit: 40 });
    const servers = [
      { id: "greedy", runtime: { type: "docker", ...greedy } },
      { id: "modest", runtime: { type: "docker", ...probeEntry() } },
    ];
    sandbox.write("config.yaml", { hot_reload: false, servers });
    gateway = await RunningGateway.start(sandbox, []);
    await Promise.all([call("greedy", "exists", { path: "/" }), call("modest", "exists", { path: "/" })]);
  }, 60_000);
  afterAll(async () => {
    await gateway?.[Symbol.asyncDispose]();
    sandbox[Symbol.dispose]();
  }, 60_000);

  /** What a tool of a probe tells. */
  const call = async (server: string, tool: string, args: object) =>
    JSON.parse(await gateway.call(server, tool, args));
  const isWell = async () => {
    expect(await call("modest", "exists", { path: "/" })).toBe(true);
    expect(await call("greedy", "exists", { path: "/" })).toBe(true);
  };

  test("of processes is refused, and goes on", async () => {
    expect(await call("greedy", "fork", { count: 200 })).toMatchObject({ refused: "EAGAIN" });
    await isWell();
  }, 60_000);

  test("of temporary files finds their folder full, and goes on", async () => {
    const filled = await call("greedy", "fill", { path: "/tmp/large", megabytes: 100 });
    expect(filled).toMatchObject({ end: "ENOSPC" });
    await isWell();
  }, 60_000);

  test("of memory is ended; its caller hears so, its next call works, and no other server notices", async () => {
    const params = { name: "allocate", arguments: { megabytes: 1_000 } };
    const answer = await gateway.rpc("greedy", "tools/call", params);
    expect(answer).toMatchObject({ reason: "upstream_closed" });
    await isWell();
  }, 60_000);
});
