import { OmgError, type SweepRequest } from "@omg/core/runtime";
import { Cluster } from "./cluster/cluster.ts";
import { type ClusterChoice, findCluster, type HostEnv, isInCluster } from "./cluster/find-cluster.ts";
import { Belongings, removeAll } from "./ownership/belongings.ts";
import { ownNamespace } from "./ownership/own-pod.ts";

/** What of an entry says where it is. */
export interface Placed extends ClusterChoice {
  readonly namespace?: string | undefined;
}

/** Whose cluster is looked for. */
interface Asking {
  readonly server: string;
  readonly options: Placed;
  readonly baseDirectory: string;
}

export interface Place {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Whether pods can be reached at their own addresses: this process runs in one. */
  readonly isInside: boolean;
}

/** The clusters that entries name, each one once, and what a gateway has in them. */
export class Clusters {
  readonly #hostEnv: HostEnv;
  readonly #clusters = new Map<string, Cluster>();
  readonly #belongings = new Map<string, Belongings>();
  readonly #types = new Set<string>();

  constructor(hostEnv: HostEnv) {
    this.#hostEnv = hostEnv;
  }

  /** Servers of this type are started from now on. */
  enter(type: string): void {
    this.#types.add(type);
  }

  /** And no more; with the last type everything ends. Rejects when something of this gateway may be left. */
  async leave(type: string): Promise<void> {
    if (!this.#types.delete(type) || this.#types.size > 0) return;
    await Promise.all([...this.#belongings.values()].map((belongings) => belongings.leave()));
    await Promise.all([...this.#clusters.values()].map((cluster) => cluster[Symbol.asyncDispose]()));
  }

  /** Where an entry is. Rejects with an `OmgError` if it names no cluster that there is. */
  async placeOf({ server, options, baseDirectory }: Asking): Promise<Place> {
    try {
      return await this.#find(options, baseDirectory);
    } catch (cause) {
      throw new OmgError("upstream_start_failed", {
        server,
        detail: "cluster_unknown",
        cause,
        message: `Server '${server}' did not start: ${(cause as Error).message}. Correct "kubeconfig" or "context", or KUBECONFIG.`,
      });
    }
  }

  belongings({ cluster, namespace }: Place, owner: string): Belongings {
    const key = JSON.stringify([owner, cluster.name, namespace]);
    let belongings = this.#belongings.get(key);
    if (!belongings) {
      belongings = new Belongings({ cluster, namespace, owner, hostEnv: this.#hostEnv });
      this.#belongings.set(key, belongings);
    }
    return belongings;
  }

  /** Removes what a dead owner has in the namespaces that entries name. Rejects if one can not be asked. */
  async sweep({ owner, options, baseDirectory }: SweepRequest<Placed>): Promise<void> {
    const places = await Promise.all(options.map((choice) => this.#find(choice, baseDirectory)));
    const distinct = new Map(places.map((place) => [`${place.cluster.name} ${place.namespace}`, place]));
    await Promise.all(
      [...distinct.values()].map(({ cluster, namespace }) => removeAll(cluster, namespace, owner)),
    );
  }

  async #find(choice: Placed, baseDirectory: string): Promise<Place> {
    const config = await findCluster(choice, this.#hostEnv, baseDirectory);
    const context = config.getCurrentContext();
    const { server } = config.getCurrentCluster() ?? {};
    // Its credentials may change; what runs there already needs the new ones, too.
    const key = JSON.stringify([choice.kubeconfig, context, server, config.getCurrentUser()?.name]);
    let cluster = this.#clusters.get(key);
    if (!cluster) {
      const readAnew = () => findCluster({ ...choice, context }, this.#hostEnv, baseDirectory);
      cluster = new Cluster({ config, readAnew });
      this.#clusters.set(key, cluster);
    }
    const isInside =
      choice.kubeconfig === undefined && !this.#hostEnv.KUBECONFIG && isInCluster(this.#hostEnv);
    const own = isInside ? await ownNamespace(this.#hostEnv) : undefined;
    return { cluster, namespace: choice.namespace ?? own ?? cluster.namespace, isInside };
  }
}
