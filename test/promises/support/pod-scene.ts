import { setTimeout as delay } from "node:timers/promises";
import {
  type Cluster,
  cluster,
  makeNamespace,
  namespaceName,
  removeNamespace,
} from "../../../packages/runtime-k8s/test/support/cluster.ts";
import { layOutKit, podOf, type Way } from "../../../packages/runtime-k8s/test/support/kit-pod.ts";
import { Objects } from "../../../packages/runtime-k8s/test/support/objects.ts";
import { onGateway, type Scene } from "./scene.ts";

const found = await cluster();

/** Why there can be no pods here, if there can be none. */
export const lackOfCluster = "reason" in found ? found.reason : undefined;

export interface PodServer {
  readonly way?: Way;
  readonly args?: readonly string[];
  /** Options that differ from those of a scripted server. */
  readonly options?: object;
}

const pauseMs = 100;
const goneMs = 60_000;

/** Plays on a gateway whose scripted servers run in pods. Nothing of them is left after it. */
export async function onPods(
  servers: Readonly<Record<string, PodServer>>,
  play: (scene: Scene, objects: Objects, cluster: Cluster) => Promise<string>,
): Promise<string> {
  if ("reason" in found) throw new Error(found.reason);
  const namespace = namespaceName();
  await makeNamespace(found, namespace);
  try {
    await layOutKit(found, namespace);
    const objects = new Objects(found, namespace);
    const entries = Object.entries(servers).map(([id, { way = "stdio", args = [], options }]) => {
      const pod = podOf(way, { file: "", args: [...args] }, namespace);
      return { id, runtime: { type: "k8s-job", kubeconfig: found.kubeconfig, ...pod, ...options } };
    });
    return await onGateway(entries, async (scene) => {
      const seen = await play(scene, objects, found);
      await scene.gateway.stop();
      // What runs in pods is seen among the processes of a machine that is a node, too.
      await untilPods(objects, 0, goneMs);
      return seen;
    });
  } finally {
    await removeNamespace(found, namespace);
  }
}

/** Resolves with the milliseconds until so many pods, as many Jobs, and for each gateway a lease are there. */
export async function untilPods(objects: Objects, count: number, withinMs: number): Promise<number> {
  const start = performance.now();
  for (;;) {
    const [pods, jobs, leases] = await Promise.all([objects.pods(), objects.jobs(), objects.leases()]);
    const ms = performance.now() - start;
    if (pods.length === count && jobs.length === count && leases.length === Math.min(count, 1)) return ms;
    const names = [pods, jobs, leases].flat().map(({ metadata }) => metadata.name);
    if (ms > withinMs) throw new Error(`there are not ${count} pods but ${names.join(", ") || "none"}`);
    await delay(pauseMs);
  }
}
