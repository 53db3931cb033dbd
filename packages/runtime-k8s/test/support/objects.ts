import type { Cluster } from "./cluster.ts";

export interface FoundObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly phase?: string };
}

/** A node may take a minute to report that a pod which it was told to end is gone. */
export const reportedMs = 90_000;

/** What a test finds in a namespace. */
export class Objects {
  readonly namespace: string;
  readonly #cluster: Cluster;

  constructor(cluster: Cluster, namespace: string) {
    this.#cluster = cluster;
    this.namespace = namespace;
  }

  /** All Jobs, or those of one owner. */
  jobs(owner?: string): Promise<FoundObject[]> {
    return this.#list(`/apis/batch/v1/namespaces/${this.namespace}/jobs`, owner);
  }

  /** All pods, or those of one owner. */
  pods(owner?: string): Promise<FoundObject[]> {
    return this.#list(`/api/v1/namespaces/${this.namespace}/pods`, owner);
  }

  leases(owner?: string): Promise<FoundObject[]> {
    return this.#list(`/apis/coordination.k8s.io/v1/namespaces/${this.namespace}/leases`, owner);
  }

  async deployment(name: string): Promise<FoundObject> {
    const path = `/apis/apps/v1/namespaces/${this.namespace}/deployments/${name}`;
    return JSON.parse(await this.#cluster.ask(path));
  }

  /** Names of everything that an owner has. */
  async namesOf(owner: string): Promise<string[]> {
    const found = await Promise.all([this.jobs(owner), this.pods(owner), this.leases(owner)]);
    return found.flat().map(({ metadata }) => metadata.name);
  }

  /** Those of them that have not been told to end; without an owner, of all pods. */
  async staying(owner?: string): Promise<string[]> {
    const found = await Promise.all(
      owner === undefined ? [this.pods()] : [this.jobs(owner), this.pods(owner), this.leases(owner)],
    );
    return found
      .flat()
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .map(({ metadata }) => metadata.name);
  }

  async remove(kind: "pods" | "deployments", name: string): Promise<void> {
    const api = kind === "pods" ? "/api/v1" : "/apis/apps/v1";
    await this.#cluster.ask(`${api}/namespaces/${this.namespace}/${kind}/${name}`, { method: "DELETE" });
  }

  async #list(path: string, owner?: string): Promise<FoundObject[]> {
    const selector = `?labelSelector=${encodeURIComponent(`open-mcp-gateway.io/owner=${owner}`)}`;
    return JSON.parse(await this.#cluster.ask(path + (owner === undefined ? "" : selector))).items;
  }
}
