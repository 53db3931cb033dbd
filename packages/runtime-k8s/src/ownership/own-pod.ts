import { readFile } from "node:fs/promises";
import type { Cluster, KubeObject } from "../cluster/cluster.ts";
import { type HostEnv, isInCluster } from "../cluster/find-cluster.ts";
import type { OwnerReference } from "./owner-reference.ts";

const namespaceFile = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/** The namespace of the pod that this process runs in. */
export async function ownNamespace(env: HostEnv): Promise<string | undefined> {
  if (!isInCluster(env)) return undefined;
  return (await readFile(namespaceFile, "utf8").catch(() => "")).trim() || undefined;
}

/**
 * The pod that this process runs in, as the owner of what it makes in the same namespace; owners in others do not count for
 * Kubernetes. Undefined where there is none, or where it may not be read.
 */
export async function ownPod(
  cluster: Cluster,
  namespace: string,
  env: HostEnv,
): Promise<OwnerReference | undefined> {
  const name = env.HOSTNAME;
  if (name === undefined || (await ownNamespace(env)) !== namespace) return undefined;
  try {
    const { metadata } = await cluster.ask<KubeObject>("GET", `/api/v1/namespaces/${namespace}/pods/${name}`);
    return metadata.uid === undefined
      ? undefined
      : { apiVersion: "v1", kind: "Pod", name, uid: metadata.uid };
  } catch {
    return undefined;
  }
}
