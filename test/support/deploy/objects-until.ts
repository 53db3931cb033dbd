import type { Cluster } from "../../../packages/runtime-k8s/test/support/cluster.ts";
import { inTime } from "../in-time.ts";

interface Listed {
  readonly metadata: { readonly name: string; readonly uid: string };
}

const longestMs = 150_000;

/** What a path of the API lists, once it is as it should be. */
export function objectsUntil<T extends Listed>(
  cluster: Cluster,
  path: string,
  fits: (objects: readonly T[]) => boolean,
): Promise<readonly T[]> {
  return inTime(longestMs, watchUntil(cluster, path, fits));
}

async function watchUntil<T extends Listed>(
  cluster: Cluster,
  path: string,
  fits: (objects: readonly T[]) => boolean,
): Promise<readonly T[]> {
  const { items, metadata } = JSON.parse(await cluster.ask(path)) as {
    readonly items: readonly T[];
    readonly metadata: { readonly resourceVersion: string };
  };
  const known = new Map(items.map((item) => [item.metadata.uid, item]));
  if (fits([...known.values()])) return [...known.values()];
  const from = `watch=1&resourceVersion=${metadata.resourceVersion}`;
  for await (const { type, object } of cluster.watch<T>(`${path}${path.includes("?") ? "&" : "?"}${from}`)) {
    if (type === "DELETED") known.delete(object.metadata.uid);
    else known.set(object.metadata.uid, object);
    if (fits([...known.values()])) return [...known.values()];
  }
  throw new Error(`the watch of ${path} ended`);
}
