import { setTimeout as pause } from "node:timers/promises";
import type { Cluster, KubeList, KubeObject, WatchEvent } from "./cluster.ts";
import { ClusterFailure } from "./cluster-failure.ts";

export interface ObjectWatch {
  /** Where the objects are, for example `/api/v1/namespaces/x/pods`. */
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly signal: AbortSignal;
  /** From one list to the next, and from one watch to the next, at the least. Default: 5 s. */
  readonly everyMs?: number;
}

/** What is there, each time that something may have changed. */
export type OnObjects<Item> = (items: readonly Item[]) => void;
/** Why there will be no news for now. */
export type OnFailure = (failure: ClusterFailure) => void;

/**
 * Keeps a view of some objects by list and watch, until the signal aborts: what is missed is listed anew, whether the API
 * server was away, forgot the past (410), or fell silent. One that comes back, or is not well, is not stormed. Never rejects.
 */
export async function watchObjects<Item extends KubeObject>(
  cluster: Cluster,
  { path, signal, everyMs = 5_000, ...selectors }: ObjectWatch,
  onObjects: OnObjects<Item>,
  onFailure: OnFailure,
): Promise<void> {
  const lists = new Pace(everyMs, signal);
  const watches = new Pace(everyMs, signal);
  while (!signal.aborted) {
    await lists.next();
    try {
      await listAndFollow();
    } catch (error) {
      if (signal.aborted) return;
      lists.leaveAlone(ClusterFailure.of(error).retryAfterMs ?? 0);
    }
  }

  async function listAndFollow(): Promise<void> {
    const { known, resourceVersion } = await list().catch(told);
    onObjects([...known.values()]);
    await follow(known, resourceVersion).catch((error) => {
      // One that only broke off is made good by the next list.
      throw ClusterFailure.of(error).isRefusal ? told(error) : error;
    });
  }

  function told(error: unknown): never {
    const failure = ClusterFailure.of(error);
    if (!signal.aborted && !failure.isExpired) onFailure(failure);
    throw failure;
  }

  async function list() {
    const { items, metadata } = await cluster.ask<Partial<KubeList<Item>>>("GET", path, {
      query: selectors,
      signal,
    });
    if (!Array.isArray(items)) throw new ClusterFailure("what answers there is no API server");
    const known = new Map<string | undefined, Item>(items.map((item) => [item.metadata.uid, item]));
    return { known, resourceVersion: metadata?.resourceVersion };
  }

  /** Ends by throwing: by then something may have been missed. */
  async function follow(known: Map<string | undefined, Item>, from: string | undefined): Promise<void> {
    let resourceVersion = from;
    while (!signal.aborted) {
      await watches.next();
      const query = { ...selectors, resourceVersion };
      for await (const event of cluster.watch<Item>(path, { query, signal })) {
        const { type, object } = event;
        if (type === "ERROR") throw failureOf(event);
        if (!object?.metadata) throw new ClusterFailure("what answers there is no API server");
        resourceVersion = object.metadata.resourceVersion ?? resourceVersion;
        if (type === "BOOKMARK") continue;
        if (type === "DELETED") known.delete(object.metadata.uid);
        else known.set(object.metadata.uid, object);
        onObjects([...known.values()]);
      }
    }
  }
}

/** What an API server says instead of going on is a `Status`. */
function failureOf({ object }: WatchEvent<unknown>): ClusterFailure {
  const { code } = (object ?? {}) as { readonly code?: unknown };
  return ClusterFailure.ofAnswer(Number(code) || 500, JSON.stringify(object ?? {}));
}

/** Keeps things of one kind apart in time; the first waits for nothing. */
class Pace {
  readonly #everyMs: number;
  readonly #signal: AbortSignal;
  #notBefore = 0;

  constructor(everyMs: number, signal: AbortSignal) {
    this.#everyMs = everyMs;
    this.#signal = signal;
  }

  /** Resolves when it is time, or when the signal aborts. */
  async next(): Promise<void> {
    const ms = this.#notBefore - performance.now();
    if (ms > 0) await pause(ms, undefined, { signal: this.#signal }).catch(() => {});
    this.#notBefore = performance.now() + this.#everyMs;
  }

  leaveAlone(ms: number): void {
    this.#notBefore = Math.max(this.#notBefore, performance.now() + ms);
  }
}
