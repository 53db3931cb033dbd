import type { Cluster, KubeList, KubeObject } from "../cluster/cluster.ts";
import type { HostEnv } from "../cluster/find-cluster.ts";
import { removeObject } from "../cluster/remove-object.ts";
import { scaleDownAbandoned } from "../service/scaled-deployment.ts";
import { ScaledDeployments } from "../service/scaled-deployments.ts";
import { ExpiredLeases, Lease, leaseName, leasesPath, livingOwners } from "./lease.ts";
import { instanceLabel, managedBy, manager, ownedBy, ownerLabel } from "./names.ts";
import { ownPod } from "./own-pod.ts";
import type { OwnerReference } from "./owner-reference.ts";

export interface BelongingsParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** This run of the gateway. */
  readonly owner: string;
  readonly hostEnv: HostEnv;
}

const lookMs = 60_000;
const doubtMs = 1_000;
/** A cluster that is away is not stormed. */
const retryMs = 5_000;

/** Where the Jobs of a namespace are. */
export function jobsPath(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}

/**
 * What a gateway has in a namespace of a cluster: it says whose its Jobs are, sees to it that only those live that somebody wants,
 * and removes what gateways that are gone have left.
 */
export class Belongings {
  /** Those that instances of this gateway use. */
  readonly deployments: ScaledDeployments;
  readonly #parts: BelongingsParts;
  readonly #lease: Lease;
  readonly #expired: ExpiredLeases;
  readonly #wanted = new Set<string>();
  readonly #unfinished = new Set<Promise<void>>();
  #pod: Promise<OwnerReference | undefined> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isInDoubt = false;
  #hasLeft = false;

  constructor(parts: BelongingsParts) {
    const { cluster, namespace, owner } = parts;
    this.#parts = parts;
    this.#lease = new Lease(cluster, namespace, owner);
    this.#expired = new ExpiredLeases(cluster, namespace);
    const holdLease = () => this.#holdLease();
    this.deployments = new ScaledDeployments({ cluster, namespace, owner, holdLease });
  }

  /** Whose what is made shall be: when that is gone, the cluster removes it. Rejects with a `ClusterFailure`. */
  async ownerReference(): Promise<OwnerReference> {
    const lease = await this.#holdLease();
    return (await this.#ownPod()) ?? lease;
  }

  /** From before it is made until it is surely gone, the Job of an instance (its label) is wanted. */
  want(instance: string): void {
    this.#wanted.add(instance);
  }

  unwant(instance: string): void {
    this.#wanted.delete(instance);
  }

  /** A Job may be there that nobody wants, and it is not left until the next look. */
  doubt(): void {
    if (this.#isInDoubt) return;
    this.#isInDoubt = true;
    this.#schedule(doubtMs);
  }

  /** Something is being removed while nobody waits: leaving does. It never rejects. */
  finish(removal: Promise<void>): void {
    this.#unfinished.add(removal);
    void removal.then(() => this.#unfinished.delete(removal));
  }

  /** Leaves nothing. Rejects with a `ClusterFailure` when something may be left. */
  async leave(): Promise<void> {
    this.#hasLeft = true;
    clearTimeout(this.#timer);
    await Promise.all(this.#unfinished);
    await this.deployments.settle();
    if (this.#isInDoubt) await this.#removeUnwanted();
    await this.#lease.release();
  }

  /** Where there is one, it owns the lease too. */
  async #holdLease(): Promise<OwnerReference> {
    return this.#lease.hold(await this.#ownPod());
  }

  #ownPod(): Promise<OwnerReference | undefined> {
    const { cluster, namespace, hostEnv } = this.#parts;
    this.#pod ??= ownPod(cluster, namespace, hostEnv);
    if (this.#timer === undefined) this.#schedule(lookMs);
    return this.#pod;
  }

  #schedule(ms: number): void {
    if (this.#hasLeft) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#look().then(
        () => this.#schedule(this.#isInDoubt ? doubtMs : lookMs),
        () => this.#schedule(this.#isInDoubt ? retryMs : lookMs),
      );
    }, ms).unref();
  }

  async #look(): Promise<void> {
    const { cluster, namespace } = this.#parts;
    await this.#removeUnwanted();
    await this.#expired.remove();
    await removeOrphans(cluster, namespace);
    await scaleDownAbandoned(cluster, namespace);
  }

  /** Also what the cluster made late, when its answer was given up. */
  async #removeUnwanted(): Promise<void> {
    const { cluster, namespace, owner } = this.#parts;
    const wasInDoubt = this.#isInDoubt;
    this.#isInDoubt = false;
    try {
      for (const { metadata } of await jobsWith(ownedBy(owner), cluster, namespace)) {
        if (!this.#wanted.has(metadata.labels?.[instanceLabel] ?? ""))
          await removeJob(cluster, namespace, metadata.name);
      }
    } catch (error) {
      this.#isInDoubt ||= wasInDoubt;
      throw error;
    }
  }
}

/** Removes what an owner's instances left in a namespace, and then the owner's lease. Rejects with a `ClusterFailure`. */
export async function removeAll(cluster: Cluster, namespace: string, owner: string): Promise<void> {
  for (const { metadata } of await jobsWith(ownedBy(owner), cluster, namespace))
    await removeJob(cluster, namespace, metadata.name);
  await removeObject(cluster, `${leasesPath(namespace)}/${leaseName(owner)}`);
  await scaleDownAbandoned(cluster, namespace);
}

/** Removes the Jobs of gateways that have no lease any more, whoever else the cluster takes for their owner. */
async function removeOrphans(cluster: Cluster, namespace: string): Promise<void> {
  const jobs = await jobsWith(`${managedBy}=${manager}`, cluster, namespace);
  if (jobs.length === 0) return;
  // Read after the Jobs: a gateway has its lease before it makes any.
  const living = await livingOwners(cluster, namespace);
  for (const { metadata } of jobs) {
    if (!living.has(metadata.labels?.[ownerLabel] ?? "")) await removeJob(cluster, namespace, metadata.name);
  }
}

/** Removes a Job; its pod is ended and follows. One that is gone is fine. */
export function removeJob(cluster: Cluster, namespace: string, name: string): Promise<void> {
  return removeObject(cluster, `${jobsPath(namespace)}/${name}`);
}

async function jobsWith(
  labelSelector: string,
  cluster: Cluster,
  namespace: string,
): Promise<readonly KubeObject[]> {
  const query = { labelSelector };
  return (await cluster.ask<KubeList<KubeObject>>("GET", jobsPath(namespace), { query })).items;
}
