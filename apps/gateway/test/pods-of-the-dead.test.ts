import { scriptedServer } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { describeWithCluster } from "../../../packages/runtime-k8s/test/support/cluster.ts";
import { deploymentOf, kitNamespace, podOf } from "../../../packages/runtime-k8s/test/support/kit-pod.ts";
import { Objects, reportedMs } from "../../../packages/runtime-k8s/test/support/objects.ts";
import { kill, ownersOf } from "./support/killed-gateway.ts";
import { RunningGateway, Sandbox } from "./support/omg.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 240_000 });

const goneMs = 30_000;
const STUBBORN = ["--ignore-eof", "--ignore-sigterm"];

describeWithCluster("when a gateway with pods is killed with SIGKILL", (cluster) => {
  const namespace = kitNamespace(cluster);
  const objects = new Objects(cluster, namespace);

  test("those that speak over stdio end, the next gateway removes all, and another's are untouched", async () => {
    const scaled = await deploymentOf(cluster, namespace, scriptedServer());
    using otherSandbox = new Sandbox();
    await using other = await start(otherSandbox, { stubborn: STUBBORN, http: [] });
    await Promise.all(["stubborn", "http"].map((id) => other.call(id, "echo", { text: id })));
    const [otherOwner = ""] = ownersOf(otherSandbox);
    const others = (await objects.pods(otherOwner)).map(({ metadata }) => metadata.uid);
    expect(others).toHaveLength(2);

    using sandbox = new Sandbox();
    await using gateway = await start(sandbox, { one: [], stubborn: STUBBORN, http: [] }, scaled);
    const ids = ["one", "stubborn", "http", "scaled"];
    await Promise.all(ids.map((id) => gateway.call(id, "echo", { text: id })));
    expect(await replicas(scaled.name)).toBe(1);
    const [owner = ""] = ownersOf(sandbox);
    const calls = ids.flatMap((id) => Array.from({ length: 5 }, () => gateway.call(id, "sleep")));
    for (const call of calls) call.catch(() => {});
    await kill(gateway);
    await expect.poll(() => runningPods(owner), { timeout: goneMs }).toBe(2);

    const booted = performance.now();
    await using _next = await start(sandbox, { one: [] }, scaled);
    await expect.poll(() => objects.staying(owner), { timeout: goneMs }).toEqual([]);
    await expect.poll(() => objects.namesOf(owner), { timeout: reportedMs }).toEqual([]);
    expect(await replicas(scaled.name)).toBe(0);
    const sweptMs = performance.now() - booted;
    expect((await objects.pods(otherOwner)).map(({ metadata }) => metadata.uid)).toEqual(others);
    expect(await other.call("http", "echo", { text: "lives" })).toBe("lives");
    process.stdout.write(
      `after kill -9: everything was gone ${sweptMs.toFixed(0)} ms after the next start\n`,
    );
  });

  /** With servers by id and arguments, one that is called `http` speaks so, and `scaled` for a Deployment. */
  function start(
    sandbox: Sandbox,
    servers: Record<string, readonly string[]>,
    scaled?: { readonly name: string; readonly port: number },
  ): Promise<RunningGateway> {
    const entries = Object.entries(servers).map(([id, args]) => ({
      id,
      runtime: {
        type: "k8s-job",
        ...podOf(id === "http" ? "http" : "stdio", scriptedServer(...args), namespace),
      },
    }));
    const runtime = { type: "k8s-service", namespace, deployment: scaled?.name, port: scaled?.port };
    const catalog = sandbox.write("catalog.yaml", {
      servers: scaled ? [...entries, { id: "scaled", runtime }] : entries,
    });
    return RunningGateway.start(sandbox, ["--config", catalog], { KUBECONFIG: cluster.kubeconfig });
  }

  async function runningPods(owner: string): Promise<number> {
    return (await objects.pods(owner)).filter(({ status }) => status?.phase === "Running").length;
  }

  async function replicas(name: string): Promise<number | undefined> {
    return (await objects.deployment(name)).spec?.replicas;
  }
});
