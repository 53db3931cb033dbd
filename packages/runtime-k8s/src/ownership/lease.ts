import type { Cluster, KubeList, KubeObject } from "../cluster/cluster.ts";
import { ClusterFailure } from "../cluster/cluster-failure.ts";
import { removeObject } from "../cluster/remove-object.ts";
import { labelValue, managedBy, manager, ownerLabel } from "./names.ts";
import type { OwnerReference } from "./owner-reference.ts";

interface LeaseObject extends KubeObject {
  readonly spec?: { readonly renewTime?: string };
}

const renewMs = 20_000;
/** A gateway that has not renewed its lease for so long is gone. */
const leaseSeconds = 90;

/** Where the leases of a namespace are. */
export function leasesPath(namespace: string): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
}

export function leaseName(owner: string): string {
  return `omg-${labelValue(owner).toLowerCase().replaceAll("_", "-")}`;
}

/**
 * The lease of a gateway in a namespace: it owns what the gateway makes there, so that removing it removes everything. It is
 * renewed as long as it is held; one that was not renewed for 90 s is of a gateway that is gone.
 */
export class Lease {
  readonly #cluster: Cluster;
  readonly #path: string;
  readonly #name: string;
  readonly #owner: string;
  #made: Promise<OwnerReference> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** False while it is certain that there is none. */
  #mayExist = false;

  constructor(cluster: Cluster, namespace: string, owner: string) {
    this.#cluster = cluster;
    this.#path = leasesPath(namespace);
    this.#owner = owner;
    this.#name = leaseName(owner);
  }

  /** Makes sure that it is there, and goes with its owner, if it has one. Rejects with a `ClusterFailure`. */
  hold(owner?: OwnerReference): Promise<OwnerReference> {
    this.#timer ??= setInterval(() => void this.#renew(owner), renewMs).unref();
    this.#made ??= this.#make(owner).catch((error) => {
      this.#made = undefined;
      throw error;
    });
    return this.#made;
  }

  /** Removes it, and with it whatever it owns, if it may be there. Rejects with a `ClusterFailure`. */
  async release(): Promise<void> {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    await this.#made?.catch(() => {});
    this.#made = undefined;
    if (this.#mayExist) await removeObject(this.#cluster, `${this.#path}/${this.#name}`);
    this.#mayExist = false;
  }

  async #make(owner: OwnerReference | undefined): Promise<OwnerReference> {
    const body = {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: {
        name: this.#name,
        labels: { [managedBy]: manager, [ownerLabel]: labelValue(this.#owner) },
        ownerReferences: owner ? [owner] : [],
      },
      spec: { holderIdentity: this.#owner, leaseDurationSeconds: leaseSeconds, renewTime: now() },
    };
    const lease = await this.#cluster
      .ask<LeaseObject>("POST", this.#path, { body })
      .catch((error: ClusterFailure) => {
        this.#mayExist ||= error.isConflict || (error.isSilence && !error.isUnsent);
        if (!error.isConflict) throw error;
        return this.#cluster.ask<LeaseObject>("GET", `${this.#path}/${this.#name}`);
      });
    this.#mayExist = true;
    const { uid = "" } = lease.metadata;
    return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", name: this.#name, uid };
  }

  /** Should someone have removed it, and with it what it owned, it is made anew for what comes. Never rejects. */
  async #renew(owner: OwnerReference | undefined): Promise<void> {
    const body = { spec: { renewTime: now() } };
    try {
      await this.#cluster.ask("PATCH", `${this.#path}/${this.#name}`, {
        body,
        type: "application/merge-patch+json",
      });
    } catch (error) {
      // A cluster that is away is told again in its time.
      if (!(error instanceof ClusterFailure && error.isMissing) || !this.#made || !this.#timer) return;
      this.#made = undefined;
      await this.hold(owner).catch(() => {});
    }
  }
}

/** How often a lease was seen as it is, and since when. */
interface Sighting {
  readonly renewTime: string | undefined;
  readonly since: number;
}

/**
 * Removes leases of gateways that are gone. Clocks differ, and a gateway can not renew its lease while the API server is away, so
 * it goes by what it sees itself: a lease is over that was not renewed while it was watched for 90 s without a gap.
 */
export class ExpiredLeases {
  readonly #cluster: Cluster;
  readonly #path: string;
  #seen = new Map<string, Sighting>();

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.#path = leasesPath(namespace);
  }

  /** To be called once a minute. Rejects with a `ClusterFailure`; then all are watched anew. */
  async remove(): Promise<void> {
    const before = this.#seen;
    this.#seen = new Map();
    const query = { labelSelector: `${managedBy}=${manager}` };
    const { items } = await this.#cluster.ask<KubeList<LeaseObject>>("GET", this.#path, { query });
    const at = performance.now();
    for (const { metadata, spec } of items) {
      const key = metadata.uid ?? metadata.name;
      const known = before.get(key);
      const renewTime = spec?.renewTime;
      this.#seen.set(key, { renewTime, since: known?.renewTime === renewTime ? (known?.since ?? at) : at });
    }
    const over = items.filter(({ metadata }) => {
      const { since } = this.#seen.get(metadata.uid ?? metadata.name) ?? { since: at };
      return at - since > leaseSeconds * 1000;
    });
    for (const { metadata } of over) await this.#removeUnlessRenewed(metadata);
  }

  async #removeUnlessRenewed({ name, uid, resourceVersion }: KubeObject["metadata"]): Promise<void> {
    const body = { preconditions: { uid, resourceVersion }, propagationPolicy: "Background" };
    try {
      await this.#cluster.ask("DELETE", `${this.#path}/${name}`, { body });
    } catch (error) {
      if (!(error instanceof ClusterFailure && (error.isMissing || error.isConflict))) throw error;
    }
  }
}

/** The owners, as their labels say, that have a lease. Rejects with a `ClusterFailure`. */
export async function livingOwners(cluster: Cluster, namespace: string): Promise<ReadonlySet<string>> {
  const query = { labelSelector: `${managedBy}=${manager}` };
  const { items } = await cluster.ask<KubeList<KubeObject>>("GET", leasesPath(namespace), { query });
  return new Set(items.map(({ metadata }) => metadata.labels?.[ownerLabel] ?? ""));
}

/** In microseconds, as Kubernetes wants it. */
function now(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
