import { within } from "@omg/core/runtime";
import type { Cluster } from "../cluster/cluster.ts";
import { followLog } from "../cluster/follow-log.ts";
import { removeObject } from "../cluster/remove-object.ts";
import { shareWatch } from "../cluster/shared-watch.ts";
import { type Pod, PodTrouble, stateOf, troubleIn } from "../pods.ts";

/** How a pod came to its end. */
export interface Ended {
  /** `lost`: it may even run on, but nobody here can use it. */
  readonly reason: "exited" | "lost";
  readonly detail: string;
}

export interface InstancePodParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Selects this pod and perhaps others; best all of a gateway, which are watched over one connection then. */
  readonly labelSelector: string;
  /** The uid of the Job that it belongs to. */
  readonly job: string;
  /** The container that matters. */
  readonly container: string;
  /** Whether a node for it may yet come. */
  readonly waitsForNode: boolean;
  readonly progress: (message: string) => void;
}

const askMs = 1_000;

/** Watches the pod of an instance, from before there is one until it is gone. */
export class InstancePod implements Disposable {
  /** The pod, once its container runs. Rejects with a `PodTrouble` when it will not, or a `ClusterFailure`. */
  readonly running: Promise<Pod>;
  readonly ended: Promise<Ended>;
  readonly #parts: InstancePodParts;
  readonly #path: string;
  readonly #unwatch: () => void;
  readonly #over = Promise.withResolvers<void>();
  readonly #end: (ended: Ended) => void;
  #name: string | undefined;
  #isRunning = false;
  #isLeaving = false;

  constructor(parts: InstancePodParts) {
    const { cluster, namespace, labelSelector, job } = parts;
    const running = Promise.withResolvers<Pod>();
    const ended = Promise.withResolvers<Ended>();
    running.promise.catch(() => {});
    this.running = running.promise;
    this.ended = ended.promise;
    this.#end = ended.resolve;
    this.#parts = parts;
    this.#path = `/api/v1/namespaces/${namespace}/pods`;
    let said = "";

    const onPod = (pod: Pod) => {
      this.#name = pod.metadata.name;
      this.#isLeaving = pod.metadata.deletionTimestamp !== undefined;
      const state = stateOf(pod, parts.container);
      this.#isRunning = state.is === "running";
      const trouble = troubleIn(state, parts.waitsForNode);
      if (state.is === "running") running.resolve(pod);
      else if (state.is === "ended") onEnd(state.detail);
      else if (trouble) running.reject(trouble);
      else if (state.why !== said) {
        said = state.why;
        parts.progress(`pod: ${said}`);
      }
    };
    const onEnd = (detail: string) => {
      running.reject(new PodTrouble("exit_early", detail));
      ended.resolve({ reason: "exited", detail });
      this.#over.resolve();
    };
    const onPods = (pods: readonly Pod[]) => {
      const ofJob = pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === job));
      // In place of one that was deleted some clusters make another, of which nobody here wants to know.
      const pod =
        this.#name === undefined ? ofJob[0] : ofJob.find(({ metadata }) => metadata.name === this.#name);
      if (pod) onPod(pod);
      else if (this.#name !== undefined) onEnd("its pod was removed");
    };
    // A start does not wait for a cluster that is away; of pods that run it says nothing.
    this.#unwatch = shareWatch<Pod>(cluster, { path: this.#path, labelSelector }, onPods, running.reject);
  }

  /**
   * Has the pod end, within the grace time if it runs, and removes it once nothing runs in it: the cluster would take seconds
   * more. Resolves after `ms` in any case. Rejects with a `ClusterFailure`.
   */
  async remove(ms: number): Promise<void> {
    if (this.#name === undefined) return;
    const path = `${this.#path}/${this.#name}`;
    if (this.#isRunning) {
      await removeObject(this.#parts.cluster, path);
      // A node that has gone may still run it; then it is left to the cluster, which removes it when it knows.
      if (!(await within(ms, this.#over.promise))) return;
    }
    await removeObject(this.#parts.cluster, path, { graceSeconds: 0 });
  }

  /** Whether the API server can be asked of it: then it will also tell of its end. */
  isKnown(): Promise<boolean> {
    const signal = AbortSignal.timeout(askMs);
    return this.#parts.cluster.ask("GET", `${this.#path}/${this.#name}`, { signal }).then(
      () => true,
      () => false,
    );
  }

  /** Hands on what its container wrote before its end, where nobody was attached in time. Never rejects. */
  async tellWords(log: (line: string) => void): Promise<void> {
    if (this.#name === undefined) return;
    const { cluster, namespace, container } = this.#parts;
    await followLog(cluster, { namespace, pod: this.#name, container, until: this.ended, log });
  }

  /** Whether it was asked to end, for example because it was evicted. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** Nobody waits for its end any more: it counts as lost, if it has not ended. */
  giveUp(why: string): void {
    this.#end({ reason: "lost", detail: why });
  }

  [Symbol.dispose](): void {
    this.#unwatch();
    this.giveUp("it was removed");
  }
}
