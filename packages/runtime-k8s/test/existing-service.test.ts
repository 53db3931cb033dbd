import { randomUUID } from "node:crypto";
import { connectRaw, scriptedServer } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { kubernetesRuntime } from "../src/index.ts";
import { describeWithCluster } from "./support/cluster.ts";
import { deploymentOf, kitNamespace } from "./support/kit-pod.ts";
import { Objects } from "./support/objects.ts";
import { startRequest } from "./support/start-request.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 120_000 });

describeWithCluster("a Service that is there already", (cluster) => {
  const namespace = kitNamespace(cluster);
  const objects = new Objects(cluster, namespace);
  const services = `/api/v1/namespaces/${namespace}/services`;

  async function publish(name: string, spec: object): Promise<void> {
    await cluster.ask(services, { method: "POST", body: { metadata: { name }, spec } });
  }

  /** The pods of a Deployment behind a Service of the same name, on port 80. */
  async function serve(replicas: number): Promise<string> {
    const { name, port } = await deploymentOf(cluster, namespace, scriptedServer());
    await publish(name, { selector: { app: name }, ports: [{ port: 80, targetPort: port }] });
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
    await cluster.ask(path, { method: "PATCH", body: { spec: { replicas } } });
    const ready = async () =>
      (JSON.parse(await cluster.ask(path)) as { status: { readyReplicas?: number } }).status.readyReplicas;
    await expect.poll(ready, { timeout: 60_000 }).toBe(replicas);
    return name;
  }

  function start(options: object, changes: Parameters<typeof startRequest>[2] = {}) {
    const [, runtime] = kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } });
    const opened = async () => {
      const request = await startRequest(runtime, { namespace, ...options }, changes as object);
      return runtime.start(request);
    };
    return { runtime, opened };
  }

  test("has each session stay with one pod, and spreads them", async () => {
    const name = await serve(2);
    const { runtime, opened } = start({ service_name: name, port: 80 });
    const hosts = async () => {
      const client = await connectRaw((await opened()).transport);
      await client.initialize();
      const answers = await Promise.all(Array.from({ length: 10 }, () => client.call("env")));
      return [...new Set(answers.map((answer) => JSON.parse(answer).HOSTNAME as string))];
    };
    const used = [await hosts(), await hosts()];
    expect(used.map(({ length }) => length)).toEqual([1, 1]);
    expect(new Set(used.flat()).size).toBe(2);
    await runtime[Symbol.asyncDispose]?.();
    expect(await objects.leases()).toEqual([]);
  });

  test("whose pod is removed asks for no new calls first, and is lost with the pod", async () => {
    const name = await serve(1);
    const { runtime, opened } = start({ service_name: name, port: 80 });
    const instance = await opened();
    const [pod] = await objects
      .pods()
      .then((pods) => pods.filter(({ metadata }) => metadata.labels?.app === name));
    await objects.remove("pods", pod?.metadata.name ?? "");
    expect(await instance.leaving).toBe(`the pod ${pod?.metadata.name} is being removed`);
    const { reason, detail } = await instance.exited;
    expect(reason).toBe("lost");
    expect(detail).toMatch(/^the pod \S+ (?:was removed|ended: .*)$/);
    await runtime[Symbol.asyncDispose]?.();
  });

  test.each([
    ["none", 80, /services "none" not found/],
    ["headless-of-others", 80, /the Service headless-of-others selects no pods/],
    ["other-port", 80, /the Service other-port has no port 80; it has 8080, 9090/],
  ])("that can not be used says why: %s", async (service_name, port, message) => {
    if (service_name === "headless-of-others") await publish(service_name, { ports: [{ port: 80 }] });
    if (service_name === "other-port") {
      const ports = [8080, 9090].map((port) => ({ name: `p${port}`, port }));
      await publish(service_name, { selector: { app: "other" }, ports });
    }
    const { runtime, opened } = start({ service_name, port });
    await expect(opened()).rejects.toMatchObject({
      reason: "upstream_start_failed",
      server: "tested",
      message: expect.stringMatching(message),
    });
    await runtime[Symbol.asyncDispose]?.();
  });

  test("that is not there takes nothing from others that use its Deployment", async () => {
    const { name, port } = await deploymentOf(cluster, namespace, scriptedServer());
    const owner = `test-${randomUUID()}`;
    const { runtime, opened } = start({ deployment: name, port }, { owner });
    await opened();
    const request = await startRequest(
      runtime,
      { namespace, service_name: "none", deployment: name, port },
      { owner },
    );
    await expect(runtime.start(request)).rejects.toThrow('services "none" not found');
    const { metadata, spec } = await objects.deployment(name);
    expect(metadata.annotations?.[`users.open-mcp-gateway.io/${owner}`]).toBe("1");
    expect(spec?.replicas).toBe(1);
    await runtime[Symbol.asyncDispose]?.();
    expect((await objects.deployment(name)).spec?.replicas).toBe(0);
  });

  test("without a pod that is ready is waited for, which its callers are told", async () => {
    await publish("nobody", { selector: { app: "nobody" }, ports: [{ port: 80 }] });
    const told = Promise.withResolvers<string>();
    const giveUp = new AbortController();
    const { runtime, opened } = start(
      { service_name: "nobody", port: 80 },
      { progress: told.resolve, signal: giveUp.signal },
    );
    const started = opened();
    expect(await told.promise).toBe("waiting for a pod");
    giveUp.abort();
    await expect(started).rejects.toMatchObject({ reason: "cancelled" });
    await runtime[Symbol.asyncDispose]?.();
  });
});
