import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ScriptedServer, scriptedServer } from "@omg/runtime-testkit";
import { beforeAll } from "vitest";
import { type Cluster, testNamespace } from "./cluster.ts";

export const ways = ["stdio", "http"] as const;
export type Way = (typeof ways)[number];

const bridge = fileURLToPath(new URL("../fixtures/http-bridge.mjs", import.meta.url));
const port = 8080;

/** A kubeconfig that leads to nobody. */
export const kubeconfigAway: string = fileURLToPath(
  new URL("../fixtures/cluster-that-is-away.yaml", import.meta.url),
);

/** A namespace in which the scripted server lies ready, as a ConfigMap. */
export function kitNamespace(cluster: Cluster): string {
  const namespace = testNamespace(cluster);
  beforeAll(() => layOutKit(cluster, namespace));
  return namespace;
}

export async function layOutKit(cluster: Cluster, namespace: string): Promise<void> {
  const data = {
    "server.mjs": readFileSync(scriptedServer().file, "utf8"),
    "http-bridge.mjs": readFileSync(bridge, "utf8"),
  };
  const body = { metadata: { name: "kit" }, data };
  await cluster.ask(`/api/v1/namespaces/${namespace}/configmaps`, { method: "POST", body });
}

/** The options that run the scripted server in a pod. */
export function podOf(way: Way, { args }: ScriptedServer, namespace: string): object {
  const server = ["/kit/server.mjs", ...args];
  return {
    namespace,
    image: "omg-test/node:1",
    image_pull_policy: "Never",
    command: "node",
    args: way === "stdio" ? server : ["/kit/http-bridge.mjs", ...server],
    ...(way === "stdio" ? {} : { transport: "http", port }),
    volumes: [{ name: "kit", mount_path: "/kit", config_map: "kit" }],
    grace_period_seconds: 1,
  };
}

/** Makes a Deployment without pods, whose pods will run the scripted server behind HTTP. */
export async function deploymentOf(
  cluster: Cluster,
  namespace: string,
  { args }: ScriptedServer,
  { graceSeconds = 1 } = {},
): Promise<{ readonly name: string; readonly port: number }> {
  const name = `scripted-${randomUUID().slice(0, 8)}`;
  const labels = { app: name };
  const container = {
    name: "server",
    image: "omg-test/node:1",
    imagePullPolicy: "Never",
    command: ["node", "/kit/http-bridge.mjs", "/kit/server.mjs", ...args],
    ports: [{ containerPort: port }],
    readinessProbe: { tcpSocket: { port }, periodSeconds: 1 },
    volumeMounts: [{ name: "kit", mountPath: "/kit" }],
  };
  const spec = {
    terminationGracePeriodSeconds: graceSeconds,
    containers: [container],
    volumes: [{ name: "kit", configMap: { name: "kit" } }],
  };
  const body = {
    metadata: { name },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
  await cluster.ask(`/apis/apps/v1/namespaces/${namespace}/deployments`, { method: "POST", body });
  return { name, port };
}
