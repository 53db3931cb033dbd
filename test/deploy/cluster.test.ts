import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type Cluster,
  describeWithCluster,
  testNamespace,
} from "../../packages/runtime-k8s/test/support/cluster.ts";
import { Objects } from "../../packages/runtime-k8s/test/support/objects.ts";
import { violations } from "../../packages/runtime-k8s/test/support/restricted-profile.ts";
import { DeployedGateway } from "../support/deploy/deployed-gateway.ts";
import { buildGatewayImage } from "../support/deploy/gateway-image.ts";
import { apiKey, connectWithKey, echo } from "../support/deploy/key-client.ts";
import { kubernetesFolder, manifestsIn } from "../support/deploy/manifests.ts";
import { objectsUntil } from "../support/deploy/objects-until.ts";
import { inTime } from "../support/in-time.ts";

const image = { type: "k8s-job", image: "omg-test/everything:1", image_pull_policy: "Never" };
const http = { args: ["streamableHttp"], transport: "http", port: 3001 };
const servers = [
  { id: "job", runtime: image },
  { id: "http-job", runtime: { ...image, ...http } },
  {
    id: "service",
    runtime: { type: "k8s-service", service_name: "everything", port: 80, deployment: "everything" },
  },
];

/** The pod's other processes would see the end of all. */
const killGateway =
  "for process in /proc/[0-9]*; do if grep -qs '/bin/[o]mg' $process/cmdline; then kill -9 ${process#/proc/}; fi; done";

describeWithCluster("the gateway in a cluster", (cluster) => {
  const namespace = testNamespace(cluster);
  const objects = new Objects(cluster, namespace);
  let gateway: DeployedGateway;
  let url: string;

  beforeAll(async () => {
    gateway = new DeployedGateway(cluster, namespace);
    await buildGatewayImage();
    await gateway.makeSecret();
    await makeEverything(cluster, namespace);
    await gateway.apply(servers);
    await gateway.pod();
    url = await gateway.url();
  }, 300_000);
  afterAll(() => gateway?.[Symbol.dispose]());

  test("serves a client outside from Jobs, over stdio and over HTTP", async () => {
    const client = await connectWithKey(url);
    expect(await echo(client, "job", "one")).toBe("Echo: one");
    expect(await echo(client, "http-job", "two")).toBe("Echo: two");
    await client.close();
    expect(
      (await objects.jobs()).map(({ metadata }) => metadata.labels?.["app.kubernetes.io/name"]).sort(),
    ).toEqual(["http-job", "job"]);
  }, 90_000);

  test("scales a Deployment from zero for its client", async () => {
    expect((await objects.deployment("everything")).spec?.replicas).toBe(0);
    const client = await connectWithKey(url);
    expect(await echo(client, "service", "three")).toBe("Echo: three");
    await client.close();
    expect((await objects.deployment("everything")).spec?.replicas).toBe(1);
  }, 90_000);

  test("fits the restricted profile, and so do its servers", async () => {
    const { spec } = await gateway.pod();
    expect(violations({ spec })).toEqual([]);
    const pods = JSON.parse(await cluster.ask(`/api/v1/namespaces/${namespace}/pods?labelSelector=job-name`));
    expect(pods.items).toHaveLength(2);
    expect(pods.items.map(violations)).toEqual([[], []]);
  });

  test("has a disruption budget that is accepted under the name that this cluster knows", async () => {
    const file = join(kubernetesFolder, "overlays/mcp/pod-disruption-budget.yaml");
    const body = { ...manifestsIn(readFileSync(file, "utf8"))[0], apiVersion: "policy/v1beta1" };
    const path = `/apis/policy/v1beta1/namespaces/${namespace}/poddisruptionbudgets?dryRun=All`;
    expect(JSON.parse(await cluster.ask(path, { method: "POST", body })).spec).toMatchObject({
      maxUnavailable: 1,
    });
  });

  test("is closed to who has no key, and to names that are not its own", async () => {
    expect((await fetch(`${url}/servers`)).status).toBe(401);
    expect((await fetch(`${url}/servers`, { headers: { "x-api-key": apiKey } })).status).toBe(200);
    expect(await statusFor("open-mcp-gateway.mcp.svc")).toBe(200);
    expect(await statusFor("elsewhere.example")).toBe(403);
  });

  test("takes over a change of its ConfigMap, and tells the client that is connected", async () => {
    const changed = Promise.withResolvers<void>();
    const client = await connectWithKey(url, changed.resolve);
    await client.listTools();
    const { metadata } = await gateway.pod();
    await gateway.apply([...servers, { id: "added", runtime: image }]);
    // The kubelet looks at a pod that was changed at once, and else, or if it was too early, within a minute and a half.
    await gateway.run("annotate", "pod", metadata.name, "omg-test/changed=yes");
    await inTime(180_000, changed.promise);
    expect(await echo(client, "added", "four")).toBe("Echo: four");
    await client.close();
    expect((await gateway.pod()).metadata.uid).toBe(metadata.uid);
  }, 240_000);

  test("that is killed is started again in its pod, and removes what it left", async () => {
    const { metadata } = await gateway.pod();
    expect(await objects.jobs()).toHaveLength(3);
    await gateway.run("exec", metadata.name, "--", "sh", "-c", killGateway);
    expect((await gateway.pod(1)).metadata.uid).toBe(metadata.uid);
    await objectsUntil(cluster, `/apis/batch/v1/namespaces/${namespace}/jobs`, (jobs) => jobs.length === 0);
    await everythingHas(0);
  }, 360_000);

  test("leaves nothing when its Deployment is deleted", async () => {
    const client = await connectWithKey(await gateway.url());
    for (const { id } of servers) expect(await echo(client, id, id)).toBe(`Echo: ${id}`);
    await client.close();
    await objects.remove("deployments", "open-mcp-gateway");
    await objectsUntil(cluster, `/api/v1/namespaces/${namespace}/pods`, (pods) => pods.length === 0);
    expect(await objects.jobs()).toEqual([]);
    expect(await objects.leases()).toEqual([]);
    expect((await objects.deployment("everything")).spec?.replicas).toBe(0);
  }, 240_000);

  /** The status of an answer to who calls it by a name. */
  const statusFor = async (host: string) => {
    const headers = { host, "x-api-key": apiKey };
    const [response] = await once(request(`${url}/servers`, { headers }).end(), "response");
    return (response as IncomingMessage).resume().statusCode;
  };

  const everythingHas = (replicas: number) =>
    objectsUntil<{ metadata: { name: string; uid: string }; spec: { replicas: number } }>(
      cluster,
      `/apis/apps/v1/namespaces/${namespace}/deployments?fieldSelector=metadata.name%3Deverything`,
      ([one]) => one?.spec.replicas === replicas,
    );
});

/** A server that somebody has deployed, without pods so far. */
async function makeEverything(cluster: Cluster, namespace: string): Promise<void> {
  const labels = { app: "everything" };
  const container = {
    name: "server",
    image: "omg-test/everything:1",
    imagePullPolicy: "Never",
    args: ["streamableHttp"],
    ports: [{ containerPort: 3001 }],
    readinessProbe: { tcpSocket: { port: 3001 }, periodSeconds: 1 },
  };
  const template = {
    metadata: { labels },
    spec: { terminationGracePeriodSeconds: 1, containers: [container] },
  };
  const make = (path: string, spec: object) =>
    cluster.ask(path, { method: "POST", body: { metadata: { name: "everything" }, spec } });
  await make(`/apis/apps/v1/namespaces/${namespace}/deployments`, {
    replicas: 0,
    selector: { matchLabels: labels },
    template,
  });
  await make(`/api/v1/namespaces/${namespace}/services`, {
    selector: labels,
    ports: [{ port: 80, targetPort: 3001 }],
  });
}
