import { setTimeout as pause } from "node:timers/promises";
import { expect, test, vi } from "vitest";
import { RunningGateway, Sandbox } from "../../apps/gateway/test/support/omg.ts";
import { describeWithCluster } from "../../packages/runtime-k8s/test/support/cluster.ts";
import { kitNamespace, podOf, type Way } from "../../packages/runtime-k8s/test/support/kit-pod.ts";
import { Objects } from "../../packages/runtime-k8s/test/support/objects.ts";
import { ApiRelay } from "./support/api-relay.ts";
import { call, counted, Load } from "./support/load.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 60_000 });

/** Promised are 2 s until callers hear of it, and 10 s from the API server's return until calls work. */
const heardMs = 6_000;
const backMs = 25_000;
const goneMs = 60_000;
const lookMs = 90_000;
const awayMs = 6_000;
const callers = 4;
/** What callers may be told while the API server is away. */
const told = ["ok", "upstream_closed", "runtime_unavailable", "upstream_backoff", "upstream_unreachable"];

describeWithCluster("an API server that goes away and comes back", (cluster) => {
  const namespace = kitNamespace(cluster);
  const objects = new Objects(cluster, namespace);

  /** A gateway that reaches the API server through a relay; its end leaves nothing. */
  async function open(servers: Readonly<Record<string, Way>>, settings: object = {}, options: object = {}) {
    const relay = await ApiRelay.start(cluster.kubeconfig);
    const sandbox = new Sandbox();
    const kubeconfig = sandbox.write("kubeconfig", relay.kubeconfig);
    const entries = Object.entries(servers).map(([id, way]) => ({
      id,
      runtime: { type: "k8s-job", kubeconfig, ...podOf(way, { file: "", args: [] }, namespace), ...options },
    }));
    const config = sandbox.write("config.yaml", {
      servers: entries,
      health_check_interval_seconds: 0,
      ...settings,
    });
    const gateway = await RunningGateway.start(sandbox, ["--config", config]);
    return {
      relay,
      gateway,
      async [Symbol.asyncDispose]() {
        await relay.comeBack();
        await gateway.stop();
        await relay[Symbol.asyncDispose]();
        sandbox[Symbol.dispose]();
        const left = async () =>
          (await Promise.all([objects.jobs(), objects.pods(), objects.leases()])).flat();
        await expect.poll(left, { timeout: goneMs, interval: 500 }).toEqual([]);
        expect(gateway.log.filter(({ message }) => String(message).startsWith("Internal error"))).toEqual([]);
      },
    };
  }

  test("calls that are with servers fail at once, starts too, and afterwards each server has one pod", async () => {
    await using world = await open({ stdio: "stdio", http: "http", cold: "stdio" });
    const { gateway, relay } = world;
    const warm = ["stdio", "http"];
    for (const id of warm) expect(await call(gateway, id)).toMatchObject({ error: undefined });
    await using load = new Load(gateway, warm, callers);
    const waiting = warm.flatMap((id) =>
      Array.from({ length: 3 }, () => call(gateway, id, "sleep", { ms: 60_000 })),
    );
    for (const id of warm) await call(gateway, id);

    await relay.goAway();
    for (const { error } of await Promise.all(waiting))
      expect(error).toMatchObject({ data: { reason: "upstream_closed" } });
    const heard = Math.max(...load.outcomes.slice(-2 * callers).map(({ ms }) => ms));
    const cold = await call(gateway, "cold");
    expect(cold.error).toMatchObject({ code: -31005, data: { reason: "runtime_unavailable" } });
    expect(cold.error?.message).toMatch(
      /^Server 'cold' did not start: the API server of test \(https:\/\/127\.0\.0\.1:\d+\) does not answer \(ECONNREFUSED\)/,
    );
    expect(cold.ms).toBeLessThan(heardMs);
    await pause(awayMs);

    await relay.comeBack();
    const back = performance.now();
    for (const id of [...warm, "cold"]) {
      await expect
        .poll(async () => (await call(gateway, id)).error, { timeout: backMs, interval: 100 })
        .toBeUndefined();
    }
    const usableMs = performance.now() - back;
    const outcomes = await load.end();
    const slowest = Math.max(...outcomes.map(({ ms }) => ms));
    process.stdout.write(
      `heard after ${heard.toFixed(0)} ms, slowest call ${slowest.toFixed(0)} ms, usable ${usableMs.toFixed(0)} ms after the return; ${JSON.stringify(counted(outcomes))}\n`,
    );
    expect(Object.keys(counted(outcomes)).filter((outcome) => !told.includes(outcome))).toEqual([]);
    await expect.poll(async () => (await objects.pods()).length, { timeout: goneMs, interval: 500 }).toBe(3);
    expect(await objects.jobs()).toHaveLength(3);
  });

  test("starts that are under way fail too, soon, and not as a failure of the server", async () => {
    const busybox = { image: "omg-test/busybox:1", imagePullPolicy: "Never" };
    const pod_overrides = { initContainers: [{ name: "slow", ...busybox, command: ["sleep", "3600"] }] };
    await using world = await open({ starting: "stdio" }, { start_timeout_seconds: 120 }, { pod_overrides });
    const { gateway, relay } = world;
    const starting = call(gateway, "starting");
    await expect.poll(async () => (await objects.pods()).length, { timeout: backMs }).toBe(1);
    const start = performance.now();
    await relay.goAway();
    expect((await starting).error?.data).toMatchObject({
      reason: "runtime_unavailable",
      detail: "cluster_unreachable",
    });
    // At most 5 s pass from one look to the next.
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  test("to which only the connections of running servers are left: these are served on without one failed call", async () => {
    await using world = await open({ stdio: "stdio", cold: "stdio" });
    const { gateway, relay } = world;
    await call(gateway, "stdio");
    const [pod] = await objects.pods();
    const used = await relay.usedBy(() => call(gateway, "stdio"));
    expect(used.size).toBe(1);
    await using load = new Load(gateway, ["stdio"], callers);

    await relay.goAway(used);
    expect((await call(gateway, "cold")).error?.data.reason).toBe("runtime_unavailable");
    await pause(awayMs);
    await relay.comeBack();
    await expect
      .poll(async () => (await call(gateway, "cold")).error, { timeout: backMs, interval: 100 })
      .toBeUndefined();
    expect(counted(await load.end())).toEqual({ ok: load.outcomes.length });
    const pods = await objects.pods();
    expect(pods).toHaveLength(2);
    expect(pods.map(({ metadata }) => metadata.uid)).toContain(pod?.metadata.uid);
  });

  test("that hangs: calls and starts fail in their time, and what ran goes on where it was", async () => {
    await using world = await open({ stdio: "stdio", cold: "stdio" }, { request_timeout_seconds: 2 });
    const { gateway, relay } = world;
    await call(gateway, "stdio");
    const [pod] = await objects.pods();

    relay.hang();
    const [late, cold] = await Promise.all([call(gateway, "stdio"), call(gateway, "cold")]);
    expect(late.error?.data).toMatchObject({ reason: "upstream_timeout", executed: "unknown" });
    expect(cold.error?.data.reason).toBe("runtime_unavailable");
    expect(cold.error?.message).toMatch(/does not answer \(no (?:answer|connection) within \d+ s\)/);
    expect(cold.ms).toBeLessThan(30_000);
    relay.goOn();

    for (const id of ["stdio", "cold"]) {
      await expect
        .poll(async () => (await call(gateway, id)).error, { timeout: backMs, interval: 100 })
        .toBeUndefined();
    }
    // A Job that was asked for and made late is wanted by nobody: there is a look each minute.
    await expect.poll(async () => (await objects.pods()).length, { timeout: lookMs, interval: 500 }).toBe(2);
    const pods = await objects.pods();
    expect(pods.map(({ metadata }) => metadata.uid)).toContain(pod?.metadata.uid);
  });
});
