import { setTimeout as pause } from "node:timers/promises";
import { scriptedServer } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { describeWithCluster } from "../../../packages/runtime-k8s/test/support/cluster.ts";
import { deploymentOf, kitNamespace } from "../../../packages/runtime-k8s/test/support/kit-pod.ts";
import { Objects, reportedMs } from "../../../packages/runtime-k8s/test/support/objects.ts";
import { RunningGateway, Sandbox } from "./support/omg.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 180_000 });

const scaledMs = 30_000;

describeWithCluster("a Deployment that gateways scale from zero", (cluster) => {
  const namespace = kitNamespace(cluster);
  const objects = new Objects(cluster, namespace);

  test("comes and goes under the load of two gateways, and no call is lost", async () => {
    const { name, port } = await deploymentOf(cluster, namespace, scriptedServer());
    using sandboxes = new DisposableStack();
    const start = () => open(sandboxes.use(new Sandbox()), { deployment: name, port });
    await using one = await start();
    await using two = await start();
    // Pauses about as long as the idle timeout: calls come while the other gateway, or this one, lets the Deployment go.
    const use = async (gateway: RunningGateway, shift: number) => {
      for (let round = 0; round < 8; round++) {
        const texts = Array.from({ length: 10 }, (_, at) => `${shift} ${round} ${at}`);
        expect(await Promise.all(texts.map((text) => gateway.call("scaled", "echo", { text })))).toEqual(
          texts,
        );
        await pause(850 + 150 * ((round + shift) % 4));
      }
    };
    await Promise.all([use(one, 0), use(two, 2)]);
    const stops = [one, two].map(
      ({ log }) => log.filter(({ message }) => message === "Server stopped").length,
    );
    process.stdout.write(
      `160 calls, none lost; the gateways stopped using it ${stops.join(" and ")} times\n`,
    );
    await expect.poll(() => replicas(name), { timeout: scaledMs }).toBe(0);
    await expect.poll(() => objects.staying(), { timeout: scaledMs }).toEqual([]);
    await expect.poll(() => objects.pods(), { timeout: reportedMs }).toEqual([]);
  });

  test("keeps the pods that its entry says, and those of the other gateway", async () => {
    const { name, port } = await deploymentOf(cluster, namespace, scriptedServer());
    using sandboxes = new DisposableStack();
    const start = (more: object) =>
      open(sandboxes.use(new Sandbox()), { deployment: name, port, ...more }, { idleSeconds: 300 });
    await using one = await start({ min_replicas: 1, max_replicas: 2 });
    await using two = await start({ max_replicas: 2 });
    await one.call("scaled", "echo");
    expect(await replicas(name)).toBe(1);
    await two.call("scaled", "echo");
    await expect.poll(() => replicas(name), { timeout: scaledMs }).toBe(2);
    expect(await two.stop()).toBe(0);
    expect(await replicas(name)).toBe(2);
    expect(await one.stop()).toBe(0);
    expect(await replicas(name)).toBe(1);
  });

  test("gets a new version while calls are under way: they are answered, and the next ones go to it", async () => {
    const server = scriptedServer("--ignore-sigterm");
    const { name, port } = await deploymentOf(cluster, namespace, server, { graceSeconds: 20 });
    using sandbox = new Sandbox();
    await using gateway = await open(sandbox, { deployment: name, port });
    await gateway.call("scaled", "echo");
    const calls = Array.from({ length: 5 }, () => gateway.call("scaled", "sleep", { ms: 3_000 }));
    const template = { metadata: { annotations: { version: "2" } } };
    await cluster.ask(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`, {
      method: "PATCH",
      body: { spec: { template } },
    });
    await gateway.logged("Server draining");
    const next = gateway.call("scaled", "echo", { text: "new" });
    expect(await Promise.all(calls)).toEqual(Array(5).fill("slept 3000 ms"));
    expect(await next).toBe("new");
    const [old, replacement] = await gateway.loggedTimes("Server ready", 2);
    expect(replacement?.instance).not.toBe(old?.instance);
  });

  function open(sandbox: Sandbox, options: object, { idleSeconds = 1 } = {}): Promise<RunningGateway> {
    const runtime = { type: "k8s-service", namespace, ...options };
    const servers = [{ id: "scaled", runtime, idle_timeout_seconds: idleSeconds }];
    const catalog = sandbox.write("catalog.yaml", { servers });
    return RunningGateway.start(sandbox, ["--config", catalog, "--log-level", "debug"], {
      KUBECONFIG: cluster.kubeconfig,
    });
  }

  async function replicas(name: string): Promise<number | undefined> {
    return (await objects.deployment(name)).spec?.replicas;
  }
});
