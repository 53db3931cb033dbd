import type { Cluster, KubeList, KubeObject } from "../cluster/cluster.ts";
import { ClusterFailure } from "../cluster/cluster-failure.ts";
import { livingOwners } from "../ownership/lease.ts";
import { labelValue } from "../ownership/names.ts";

export interface DeploymentObject extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  };
}

/** How many pods a Deployment may have. */
export interface ReplicaBounds {
  readonly min_replicas: number;
  /** Undefined: one, and more are somebody else's affair, for example an autoscaler's. */
  readonly max_replicas?: number | undefined;
}

export interface ScaleParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly deployment: string;
  readonly bounds: ReplicaBounds;
  /** The gateway that uses it, and with how many instances. */
  readonly owner: string;
  readonly instances: number;
}

/** By this label the Deployments are found that gateways scale. */
const scaledLabel = "open-mcp-gateway.io/scaled";
/** How many pods stay when nobody uses the Deployment. */
const idleAnnotation = "open-mcp-gateway.io/idle-replicas";
/** An annotation for each gateway that uses the Deployment: how many of its instances do. */
const userPrefix = "users.open-mcp-gateway.io/";
const maxConflicts = 20;

export function readDeployment(cluster: Cluster, namespace: string, name: string): Promise<DeploymentObject> {
  return cluster.ask("GET", pathOf(namespace, name));
}

/**
 * Notes how many instances of a gateway use a Deployment, and gives it the pods that all gateways together need; it has fewer again
 * when none uses it any more, so that no pod goes that somebody talks with. A gateway counts as long as its lease is there. Gives
 * the number of pods; rejects with a `ClusterFailure`.
 */
export async function scale(parts: ScaleParts): Promise<number> {
  const { cluster, namespace, deployment: name, bounds, owner, instances } = parts;
  return editUntilKept(async () => {
    const deployment = await readDeployment(cluster, namespace, name);
    const counts = countsOf(deployment, await livingOwners(cluster, namespace));
    counts.set(labelValue(owner), instances);
    return edit(cluster, namespace, deployment, counts, bounds);
  });
}

/** Scales down what nobody uses any more because the gateways that did are gone. Rejects with a `ClusterFailure`. */
export async function scaleDownAbandoned(cluster: Cluster, namespace: string): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
  const query = { labelSelector: `${scaledLabel}=true` };
  const { items } = await cluster.ask<KubeList<DeploymentObject>>("GET", path, { query });
  if (items.length === 0) return;
  const living = await livingOwners(cluster, namespace);
  const isLeft = (deployment: DeploymentObject) => [...countsOf(deployment, living).values()].includes(0);
  for (const { metadata } of items.filter(isLeft)) {
    await editUntilKept(async () => {
      const deployment = await readDeployment(cluster, namespace, metadata.name);
      const counts = countsOf(deployment, await livingOwners(cluster, namespace));
      const min_replicas = Number(deployment.metadata.annotations?.[idleAnnotation] ?? 0);
      return edit(cluster, namespace, deployment, counts, { min_replicas });
    });
  }
}

/** Writes who uses a Deployment, and its number of pods. Rejects with a conflict if it was changed since it was read. */
async function edit(
  cluster: Cluster,
  namespace: string,
  { metadata, spec }: DeploymentObject,
  counts: ReadonlyMap<string, number>,
  bounds: ReplicaBounds,
): Promise<number> {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const users = [...counts].map(([user, count]) => [userPrefix + user, count > 0 ? String(count) : null]);
  const replicas = replicasFor(total, spec?.replicas ?? 1, bounds);
  const body = {
    metadata: {
      resourceVersion: metadata.resourceVersion,
      labels: { [scaledLabel]: total > 0 ? "true" : null },
      annotations: {
        ...Object.fromEntries(users),
        [idleAnnotation]: total > 0 ? String(bounds.min_replicas) : null,
      },
    },
    spec: { replicas },
  };
  const type = "application/merge-patch+json";
  await cluster.ask("PATCH", pathOf(namespace, metadata.name), { body, type });
  return replicas;
}

function replicasFor(
  instances: number,
  now: number,
  { min_replicas, max_replicas = 1 }: ReplicaBounds,
): number {
  if (instances === 0) return min_replicas;
  return Math.max(now, min_replicas, Math.min(instances, max_replicas));
}

/** Several gateways write at once, and controllers too. */
async function editUntilKept<T>(attempt: () => Promise<T>): Promise<T> {
  for (let conflicts = 0; ; conflicts++) {
    try {
      return await attempt();
    } catch (error) {
      const isConflict = error instanceof ClusterFailure && error.isConflict;
      if (!isConflict || conflicts === maxConflicts) throw error;
    }
  }
}

/** How many instances each gateway has there; of those that are gone, none. */
function countsOf({ metadata }: DeploymentObject, living: ReadonlySet<string>): Map<string, number> {
  const users = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(userPrefix));
  return new Map(
    users.map(([key, value]) => {
      const user = key.slice(userPrefix.length);
      return [user, living.has(user) ? Number(value) || 0 : 0];
    }),
  );
}

function pathOf(namespace: string, name: string): string {
  return `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;
}
