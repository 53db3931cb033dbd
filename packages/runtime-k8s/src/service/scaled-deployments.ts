import type { Cluster } from "../cluster/cluster.ts";
import { type ReplicaBounds, scale } from "./scaled-deployment.ts";

export interface ScaledDeploymentsParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly owner: string;
  /** Lets others know that this gateway lives. Rejects with a `ClusterFailure`. */
  readonly holdLease: () => Promise<unknown>;
}

interface Use {
  instances: number;
  bounds: ReplicaBounds;
  /** The cluster may know another number of instances. */
  isStale: boolean;
  /** Writes follow each other. */
  written: Promise<unknown>;
}

const retryMs = 2_000;

/** The Deployments of a namespace that instances of this gateway use, which have pods for as long as they do. */
export class ScaledDeployments {
  readonly #parts: ScaledDeploymentsParts;
  readonly #uses = new Map<string, Use>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: ScaledDeploymentsParts) {
    this.#parts = parts;
  }

  /** One instance more uses it. Rejects with a `ClusterFailure`; it counts all the same, until `unuse`. */
  async use(name: string, bounds: ReplicaBounds): Promise<void> {
    const use = this.#uses.get(name) ?? {
      instances: 0,
      bounds,
      isStale: false,
      written: Promise.resolve(),
    };
    this.#uses.set(name, use);
    use.instances++;
    use.bounds = bounds;
    await this.#parts.holdLease();
    await this.#write(name, use);
  }

  /** One less. Gives the number of pods that are left, if the cluster could be told; else that is made good later. */
  async unuse(name: string): Promise<number | undefined> {
    const use = this.#uses.get(name);
    if (!use) return undefined;
    use.instances--;
    return this.#write(name, use).catch(() => {
      this.#retryLater();
      return undefined;
    });
  }

  /** Tells the cluster what it could not be told before. Rejects with a `ClusterFailure` when it still can not. */
  async settle(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const stale = [...this.#uses].filter(([, use]) => use.isStale);
    await Promise.all(stale.map(([name, use]) => this.#write(name, use)));
  }

  #write(name: string, use: Use): Promise<number> {
    use.isStale = true;
    const { cluster, namespace, owner } = this.#parts;
    const written = use.written.then(async () => {
      const { instances, bounds } = use;
      const replicas = await scale({ cluster, namespace, deployment: name, bounds, owner, instances });
      use.isStale = use.instances !== instances;
      return replicas;
    });
    use.written = written.catch(() => {});
    return written;
  }

  #retryLater(): void {
    this.#timer ??= setTimeout(() => {
      this.settle().catch(() => this.#retryLater());
    }, retryMs).unref();
  }
}
