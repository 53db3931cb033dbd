import type { Cluster } from "../cluster/cluster.ts";
import { shareWatch } from "../cluster/shared-watch.ts";
import { type Pod, PodTrouble, stateOf, troubleIn } from "../pods.ts";
import type { Selection } from "./selection.ts";

interface PodWithPorts extends Pod {
  readonly spec?: {
    readonly containers: readonly {
      readonly name: string;
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
    }[];
  };
}

/** A pod that serves, and where. */
export interface ServingPod {
  readonly name: string;
  readonly uid: string;
  readonly address: string | undefined;
  readonly port: number;
  /** Its container. Undefined: nothing tells which one listens on the port. */
  readonly container: string | undefined;
  /** How often that was started again: sessions do not outlive it. */
  readonly restarts: number;
}

export interface ServingPodsParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly selection: Selection;
  /** How many instances of this gateway use each pod, by its uid. */
  readonly inUse: ReadonlyMap<string, number>;
  /** Whether a node for a pod may yet come. */
  readonly waitsForNode: boolean;
  readonly progress: (message: string) => void;
}

/** Watches the pods that serve an entry. */
export class ServingPods implements Disposable {
  readonly #parts: ServingPodsParts;
  readonly #unwatch: () => void;
  readonly #watchers = new Set<() => void>();
  /** Rejects when the cluster does not tell which pods there are. */
  readonly #untold = Promise.withResolvers<never>();
  #pods: readonly PodWithPorts[] | undefined;

  constructor(parts: ServingPodsParts) {
    const { cluster, namespace, selection } = parts;
    const { labelSelector } = selection;
    this.#parts = parts;
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const onPods = (pods: readonly PodWithPorts[]) => {
      this.#pods = pods;
      for (const look of [...this.#watchers]) look();
    };
    this.#untold.promise.catch(() => {});
    this.#unwatch = shareWatch(cluster, { path, labelSelector }, onPods, this.#untold.reject);
  }

  /** The one that is ready and least used, as soon as there is one. Rejects with a `PodTrouble` if none will be, or a `ClusterFailure`. */
  ready(signal: AbortSignal): Promise<ServingPod> {
    const { selection, inUse, waitsForNode, progress } = this.#parts;
    let said = "";
    const ready = this.#first(signal, (pods) => {
      const uses = ({ metadata }: Pod) => inUse.get(metadata.uid ?? "") ?? 0;
      const [best] = pods.filter(isReady).sort((a, b) => uses(a) - uses(b));
      if (best) return servingPod(best, selection.targetPort);
      const [trouble] = pods
        .map((pod) => troubleOf(pod, waitsForNode))
        .filter((found) => found !== undefined);
      if (trouble) throw trouble;
      const news = pods.length === 0 ? "waiting for a pod" : "waiting for a pod that is ready";
      if (news !== said) progress(news);
      said = news;
      return undefined;
    });
    return Promise.race([ready, this.#untold.promise]);
  }

  /** Resolves with why the pod should be used no more: it was asked to end, or has ended. */
  leaving(pod: ServingPod, signal: AbortSignal): Promise<string> {
    return this.#first(signal, (pods) => {
      const now = pods.find(({ metadata }) => metadata.uid === pod.uid);
      const isLeaving = now?.metadata.deletionTimestamp !== undefined;
      return isLeaving ? `the pod ${pod.name} is being removed` : whyGone(pod, now);
    });
  }

  /** Resolves with why the pod is gone: what is under way with it can not succeed any more. */
  gone(pod: ServingPod, signal: AbortSignal): Promise<string> {
    return this.#first(signal, (pods) =>
      whyGone(
        pod,
        pods.find(({ metadata }) => metadata.uid === pod.uid),
      ),
    );
  }

  /** Resolves once no more than so many are left, besides those that were asked to end. */
  atMost(replicas: number, signal: AbortSignal): Promise<true> {
    return this.#first(signal, (pods) => {
      const staying = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
      return staying.length <= replicas ? true : undefined;
    });
  }

  [Symbol.dispose](): void {
    this.#unwatch();
    this.#watchers.clear();
  }

  /** The first thing that `find` finds. Rejects with what it throws, and with the signal's reason. */
  #first<T>(signal: AbortSignal, find: (pods: readonly PodWithPorts[]) => T | undefined): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = () => {
      if (!this.#pods) return;
      try {
        const found = find(this.#pods);
        if (found !== undefined) resolve(found);
      } catch (error) {
        reject(error);
      }
    };
    const giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
    if (signal.aborted) giveUp();
    this.#watchers.add(look);
    look();
    return promise.finally(() => {
      this.#watchers.delete(look);
      signal.removeEventListener("abort", giveUp);
    });
  }
}

function isReady({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true;
}

function whyGone(
  { name, container, restarts }: ServingPod,
  now: PodWithPorts | undefined,
): string | undefined {
  if (!now) return `the pod ${name} was removed`;
  const state = container === undefined ? undefined : stateOf(now, container);
  if (state?.is === "ended") return `the pod ${name} ended: ${state.detail}`;
  const { phase } = now.status ?? {};
  if (phase === "Succeeded" || phase === "Failed") return `the pod ${name} has ended`;
  return restartsOf(now, container) > restarts ? `the pod ${name} has started its server again` : undefined;
}

function servingPod(pod: PodWithPorts, targetPort: number | string): ServingPod {
  const { metadata, status, spec } = pod;
  const found = spec?.containers
    .flatMap(({ name, ports = [] }) => ports.map((port) => ({ ...port, container: name })))
    .find(({ name, containerPort }) => name === targetPort || containerPort === targetPort);
  const only = spec?.containers.length === 1 ? spec.containers[0]?.name : undefined;
  const container = found?.container ?? only;
  return {
    name: metadata.name,
    uid: metadata.uid ?? "",
    address: status?.podIP,
    port: found?.containerPort ?? Number(targetPort),
    container,
    restarts: restartsOf(pod, container),
  };
}

function restartsOf({ status }: Pod, container: string | undefined): number {
  return status?.containerStatuses?.find(({ name }) => name === container)?.restartCount ?? 0;
}

function troubleOf(pod: PodWithPorts, waitsForNode: boolean): PodTrouble | undefined {
  for (const { name } of pod.spec?.containers ?? []) {
    const trouble = troubleIn(stateOf(pod, name), waitsForNode);
    if (trouble) return new PodTrouble(trouble.detail, `${pod.metadata.name}: ${trouble.message}`);
  }
  return undefined;
}
