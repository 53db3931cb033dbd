import type { InstanceV1, RuntimeV1 } from "@omg/core/runtime";
import { connectRaw, scriptedServer } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import kubernetesRuntime from "../src/index.ts";
import { AskedRights } from "./support/asked-rights.ts";
import { describeWithCluster } from "./support/cluster.ts";
import { GatewayAccount, rightsOf, role } from "./support/gateway-account.ts";
import { deploymentOf, kitNamespace, podOf } from "./support/kit-pod.ts";
import { startRequest } from "./support/start-request.ts";

// Pods take their time on a machine that does much else, and a lease is renewed after 20 s.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

/** Asked for only where it can not be seen here, or not each time. */
const elsewhere = [
  // Inside of a cluster the gateway's own pod owns what it makes; and when a connection breaks, the pod is looked for.
  "get pods",
  // What a WebSocket needs besides "get" since Kubernetes 1.35.
  "create pods/attach",
  "create pods/portforward",
];
/** What servers run without; only some of their failures are not named then. */
const optional = ["list events", "get pods/log", "get pods"];

async function speak(instance: InstanceV1): Promise<void> {
  const client = await connectRaw(instance.transport);
  await client.initialize();
  expect(await client.call("echo", { text: "a" })).toBe("a");
}

async function use(runtime: RuntimeV1, options: object, changes = {}): Promise<void> {
  const request = await startRequest(runtime, options, changes);
  const instance = await runtime.start(request);
  await speak(instance);
  await instance[Symbol.asyncDispose]();
}

describeWithCluster("an account with the project's Role", (cluster) => {
  const namespace = kitNamespace(cluster);
  const stdio = podOf("stdio", scriptedServer(), namespace);
  const http = podOf("http", scriptedServer(), namespace);
  const runtimes = ({ kubeconfig }: GatewayAccount) =>
    kubernetesRuntime({ hostEnv: { KUBECONFIG: kubeconfig } }) as [RuntimeV1, RuntimeV1];

  test("is enough for the life of every server, and has no right that is never used", async () => {
    using account = await GatewayAccount.create(cluster, namespace, role.rules);
    using asked = new AskedRights(account.token);
    const [jobs, services] = runtimes(account);
    const owner = `rbac-${crypto.randomUUID().slice(0, 8)}`;

    // Made once, though its answer was lost: the second time it is there already.
    const request = await startRequest(jobs, stdio, { owner });
    const first = await jobs.start(request);
    await speak(first);
    const second = await jobs.start(request);
    await Promise.all([first, second].map((instance) => instance[Symbol.asyncDispose]()));

    await use(jobs, http, { owner });
    const refused = { ...stdio, service_account: "gone" };
    await expect(use(jobs, refused, { owner })).rejects.toMatchObject({ detail: "pod_refused" });
    const crashing = { ...stdio, command: "false", args: [] };
    await expect(use(jobs, crashing, { owner })).rejects.toMatchObject({ detail: "exit_early" });

    const { name, port } = await deploymentOf(cluster, namespace, scriptedServer());
    const selector = { app: name };
    const body = { metadata: { name }, spec: { selector, ports: [{ port: 80, targetPort: port }] } };
    await cluster.ask(`/api/v1/namespaces/${namespace}/services`, { method: "POST", body });
    await use(services, { namespace, service_name: name, deployment: name, port: 80 }, { owner });
    // Another run of the same gateway finds its lease.
    const [sweeper] = runtimes(account);
    await use(sweeper, stdio, { owner });
    await asked.has("patch leases");
    const sweep = { owner, options: [(await startRequest(jobs, stdio)).options], baseDirectory: "/" };
    await sweeper.sweep?.({ ...sweep, signal: AbortSignal.timeout(60_000) });

    await Promise.all([jobs, services, sweeper].map((runtime) => runtime[Symbol.asyncDispose]?.()));
    expect(new Set([...asked.rights, ...elsewhere])).toEqual(new Set(rightsOf(role.rules)));
  });

  test("but without what is optional is enough for servers", async () => {
    const rules = role.rules
      .map((rule) => ({
        ...rule,
        verbs: rule.verbs.filter((verb) => !optional.includes(`${verb} ${rule.resources[0]}`)),
      }))
      .filter(({ verbs }) => verbs.length > 0);
    using account = await GatewayAccount.create(cluster, namespace, rules);
    const [jobs] = runtimes(account);
    await use(jobs, stdio);
    await use(jobs, http);
    await expect(use(jobs, { ...stdio, command: "false", args: [] })).rejects.toMatchObject({
      detail: "exit_early",
    });
    await jobs[Symbol.asyncDispose]?.();
  });

  test.each([
    ["read a Secret", "get", "secrets", {}],
    ["list Secrets", "list", "secrets", {}],
    ["read a ConfigMap", "get", "configmaps", {}],
    ["run programs in pods", "create", "pods", { subresource: "exec" }],
    ["run programs in pods, by a WebSocket", "get", "pods", { subresource: "exec" }],
    ["make pods past Jobs", "create", "pods", {}],
    ["change Jobs", "patch", "jobs", { group: "batch" }],
    ["delete Deployments", "delete", "deployments", { group: "apps" }],
    ["make tokens", "create", "serviceaccounts", { subresource: "token" }],
    ["give itself rights", "create", "rolebindings", { group: "rbac.authorization.k8s.io" }],
    ["make Jobs elsewhere", "create", "jobs", { group: "batch", namespace: "default" }],
    ["list pods elsewhere", "list", "pods", { namespace: "kube-system" }],
    ["list pods of all namespaces", "list", "pods", { namespace: "" }],
    ["list Jobs of all namespaces", "list", "jobs", { group: "batch", namespace: "" }],
    ["list nodes", "list", "nodes", { namespace: "" }],
    ["list namespaces", "list", "namespaces", { namespace: "" }],
  ])("may not %s", async (_, verb, resource, more) => {
    using account = await GatewayAccount.create(cluster, namespace, role.rules);
    const mayI = async (resourceAttributes: object) => {
      const body = { spec: { user: account.user, resourceAttributes } };
      const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
      return JSON.parse(await cluster.ask(path, { method: "POST", body })).status.allowed;
    };
    expect(await mayI({ namespace, verb: "list", resource: "pods" })).toBe(true);
    expect(await mayI({ namespace, verb, resource, ...more })).toBe(false);
  });
});
