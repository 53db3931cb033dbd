import type { Cluster, KubeObject } from "./cluster.ts";
import { type ObjectWatch, type OnFailure, type OnObjects, watchObjects } from "./watch-objects.ts";

interface Listener {
  readonly onObjects: OnObjects<KubeObject>;
  readonly onFailure: OnFailure;
}

interface SharedWatch {
  readonly listeners: Set<Listener>;
  readonly ended: AbortController;
  latest: readonly KubeObject[] | undefined;
}

const watches = new WeakMap<Cluster, Map<string, SharedWatch>>();

/**
 * As `watchObjects`, over one connection for all who watch the same: a cluster that comes back is asked once, however many servers
 * run in it. The returned function ends it for this listener.
 */
export function shareWatch<Item extends KubeObject>(
  cluster: Cluster,
  what: Omit<ObjectWatch, "signal">,
  onObjects: OnObjects<Item>,
  onFailure: OnFailure,
): () => void {
  const ofCluster = watches.get(cluster) ?? new Map<string, SharedWatch>();
  watches.set(cluster, ofCluster);
  const key = JSON.stringify([what.path, what.labelSelector, what.fieldSelector]);
  const shared = ofCluster.get(key) ?? begin();
  const listener: Listener = { onObjects: onObjects as OnObjects<KubeObject>, onFailure };
  shared.listeners.add(listener);
  // Not at once: whoever calls has yet to keep the returned function.
  if (shared.latest) queueMicrotask(() => tell(shared, listener));
  return () => {
    shared.listeners.delete(listener);
    if (shared.listeners.size > 0) return;
    shared.ended.abort();
    if (ofCluster.get(key) === shared) ofCluster.delete(key);
  };

  function begin(): SharedWatch {
    const started: SharedWatch = { listeners: new Set(), ended: new AbortController(), latest: undefined };
    ofCluster.set(key, started);
    const onNews: OnObjects<KubeObject> = (items) => {
      started.latest = items;
      for (const one of [...started.listeners]) tell(started, one);
    };
    const onNoNews: OnFailure = (failure) => {
      for (const one of [...started.listeners]) one.onFailure(failure);
    };
    void watchObjects(cluster, { ...what, signal: started.ended.signal }, onNews, onNoNews);
    return started;
  }
}

function tell({ listeners, latest }: SharedWatch, listener: Listener): void {
  if (latest && listeners.has(listener)) listener.onObjects(latest);
}
