import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, expect, test, vi } from "vitest";
import kubernetesRuntime from "../src/index.ts";
import { describeWithCluster, testNamespace } from "./support/cluster.ts";
import { Objects } from "./support/objects.ts";
import { PodGateway } from "./support/pod-gateway.ts";
import { jobRequest } from "./support/start-request.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** From what the cluster shows to what a caller reads. */
const toldWithinMs = 2_000;

const server = {
  image: "omg-test/busybox:1",
  image_pull_policy: "Never",
  command: "cat",
  grace_period_seconds: 0,
};

describeWithCluster("a start that can not work says why, and what to do:", (cluster) => {
  const namespace = testNamespace(cluster);
  const owner = `failures-${crypto.randomUUID().slice(0, 8)}`;
  const [runtime] = kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } });
  afterAll(async () => {
    await runtime[Symbol.asyncDispose]?.();
    expect(await new Objects(cluster, namespace).namesOf(owner)).toEqual([]);
  });

  const start = (options: object) =>
    runtime.start(jobRequest({ ...server, namespace, ...options }, { owner }));

  test.each<[string, object, unknown, RegExp]>([
    [
      "no such image on the node",
      { image: "omg-test/gone:1" },
      "image_pull_failed",
      /ErrImageNeverPull.*gone.*No node has the image, and image_pull_policy is Never\.$/,
    ],
    [
      "no such image in the registry",
      { image: "127.0.0.1:5000/omg-test/gone:1", image_pull_policy: "Always" },
      "image_pull_failed",
      /ErrImagePull: .*gone.*Correct the image, or add image_pull_secrets\.$/s,
    ],
    [
      "no such Secret for variables",
      { env_from: [{ secret: "gone" }] },
      "config",
      /CreateContainerConfigError: secret "gone" not found\./,
    ],
    [
      "no such ConfigMap to mount",
      { volumes: [{ name: "data", mount_path: "/data", config_map: "gone" }] },
      "config",
      /configmap "gone" not found/,
    ],
    [
      "no such claim to mount",
      { volumes: [{ name: "data", mount_path: "/data", pvc: "gone" }] },
      "unschedulable",
      /no node takes it: .*persistentvolumeclaim "gone" not found/,
    ],
    [
      "no such program",
      { command: "gone" },
      // Its pod fails, or is stuck, by how its node runs containers.
      expect.stringMatching(/^(?:exit_early|container)$/),
      /"gone": executable file not found/,
    ],
    [
      "no such account",
      { service_account: "gone" },
      "pod_refused",
      /its pod can not be made: .*serviceaccount "gone" not found/,
    ],
    [
      "a node that nobody has",
      { node_selector: { disk: "gone" } },
      "unschedulable",
      /no node takes it: 0\/1 nodes are available.*(?:selector|affinity)/,
    ],
    [
      "more memory than there is",
      { resources: { requests: { memory: "100Ti" } } },
      "unschedulable",
      /no node takes it: 0\/1 nodes are available.*Insufficient memory/,
    ],
    [
      "no such namespace",
      { namespace: "omg-gone" },
      "missing",
      /namespaces "omg-gone" not found.*Correct "namespace"/,
    ],
    [
      "an override that means nothing",
      { pod_overrides: { dnsPolicy: "Nonsense" } },
      "invalid",
      /dnsPolicy.*Nonsense.*"pod_overrides" is checked by the cluster alone/,
    ],
    [
      "an override of the wrong kind",
      { pod_overrides: { containers: [{ name: "server", ports: "80" }] } },
      "invalid",
      /ports.*"pod_overrides" is checked by the cluster alone/,
    ],
    [
      "a server that ends at once",
      { command: "sh", args: ["-c", "exit 3"] },
      "exit_early",
      /it ended before it was ready: exit code 3$/,
    ],
    [
      "a server that takes too much memory at once",
      { command: "tail", args: ["/dev/zero"], resources: { limits: { memory: "16Mi" } } },
      "exit_early",
      // Now and then a node does not notice why.
      /it ended before it was ready: (?:out of memory \(OOMKilled\)|exit code 137 \(killed, as for want of memory\))$/,
    ],
  ])("%s", async (_, options, detail, message) => {
    const failure: unknown = await start({ transport: "http", port: 80, ...options }).catch((error) => error);
    expect(String(failure)).toMatch(message);
    expect(failure).toMatchObject({ reason: "upstream_start_failed", server: "tested", detail });
  });

  test("a key of pod_overrides that there is not, where the cluster looks for such", async () => {
    const asked: string[] = [];
    const note = (message: unknown) => asked.push((message as { request: { path: string } }).request.path);
    subscribe("undici:request:create", note);
    const refused = { pod_overrides: { dnsPolicy: "Nonsense" } };
    await expect(start(refused)).rejects.toMatchObject({ detail: "invalid" });
    unsubscribe("undici:request:create", note);
    expect(asked).toContain(`/apis/batch/v1/namespaces/${namespace}/jobs?fieldValidation=Strict`);
  });

  test("a server that ends at once, in its own words", async () => {
    const lines: string[] = [];
    const options = { ...server, namespace, command: "sh", args: ["-c", "echo I need a TOKEN >&2; exit 3"] };
    const request = jobRequest(options, { owner, log: (line) => lines.push(line) });
    await expect(runtime.start(request)).rejects.toMatchObject({ detail: "exit_early" });
    expect(lines).toEqual(["I need a TOKEN"]);
  });

  test.each<[string, string, string, object]>([
    ["a pod that is stuck", "pods", "ErrImageNeverPull", { image: "omg-test/gone:1" }],
    ["a pod without a node", "pods", "Unschedulable", { node_selector: { disk: "gone" } }],
    ["a Job without a pod", "events", "FailedCreate", { service_account: "gone" }],
    [
      "a volume that is not there",
      "events",
      "FailedMount",
      { volumes: [{ name: "data", mount_path: "/data", secret: "gone" }] },
    ],
  ])("%s, within seconds of the cluster showing it", async (_, kind, word, options) => {
    const path = `/api/v1/namespaces/${namespace}/${kind}`;
    const { metadata } = JSON.parse(await cluster.ask(path));
    const shown = firstOf(cluster.watch(`${path}?watch=1&resourceVersion=${metadata.resourceVersion}`), word);
    await expect(start(options)).rejects.toThrow();
    expect(performance.now() - (await shown)).toBeLessThan(2 * toldWithinMs);
  });
});

describeWithCluster("a start that no node takes", (cluster) => {
  const namespace = testNamespace(cluster);

  test("waits for one until its time is over, if its entry says so, and tells why it waited", async () => {
    const tested = { ...server, node_selector: { disk: "gone" }, wait_for_node: true };
    await using gateway = await PodGateway.open({
      cluster,
      namespace,
      servers: { tested },
      settings: { start_timeout_seconds: 5 },
    });
    await expect(gateway.call("tested", "echo")).rejects.toMatchObject({
      reason: "upstream_start_failed",
      detail: "init_timeout",
      message: expect.stringMatching(/was not ready within 5 s \(pod: no node takes it: 0\/1 nodes/),
    });
  });
});

describeWithCluster("a start in a namespace with a quota", (cluster) => {
  const namespace = testNamespace(cluster);
  const quota = async (hard: object) => {
    const path = `/api/v1/namespaces/${namespace}/resourcequotas`;
    await cluster.ask(path, { method: "POST", body: { metadata: { name: "quota" }, spec: { hard } } });
    // It counts once the cluster has looked at it.
    for await (const { object } of cluster.watch<{ status?: { hard?: object } }>(`${path}?watch=1`))
      if (object.status?.hard) break;
  };

  test("that has no room for a pod says so", async () => {
    const [runtime] = kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } });
    await quota({ pods: "0" });
    await expect(runtime.start(jobRequest({ ...server, namespace }))).rejects.toMatchObject({
      detail: "pod_refused",
      message: expect.stringMatching(/its pod can not be made: .*exceeded quota: quota, requested: pods=1/),
    });
    await runtime[Symbol.asyncDispose]?.();
  });
});

/** When something first tells of a word. */
async function firstOf(news: AsyncIterable<unknown>, word: string): Promise<number> {
  for await (const one of news) if (JSON.stringify(one).includes(word)) break;
  return performance.now();
}
