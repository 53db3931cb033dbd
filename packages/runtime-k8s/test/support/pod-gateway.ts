import { randomUUID } from "node:crypto";
import { createGateway, frameOf, type Gateway, type GatewayConfig } from "@omg/core";
import kubernetesRuntime from "../../src/index.ts";
import type { Cluster } from "./cluster.ts";
import { type FoundObject, Objects } from "./objects.ts";

export interface PodGatewayParts {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** By id: the runtime of each server. */
  readonly servers: Readonly<Record<string, object>>;
  readonly settings?: Partial<GatewayConfig>;
}

/** A gateway in this process whose servers run in pods. Its end fails if it leaves any. */
export class PodGateway implements AsyncDisposable {
  readonly owner: string;
  readonly #gateway: Gateway;
  readonly #parts: PodGatewayParts;
  readonly #objects: Objects;

  private constructor(gateway: Gateway, owner: string, parts: PodGatewayParts) {
    this.#gateway = gateway;
    this.owner = owner;
    this.#parts = parts;
    this.#objects = new Objects(parts.cluster, parts.namespace);
  }

  static async open(parts: PodGatewayParts): Promise<PodGateway> {
    const owner = `test-${randomUUID().slice(0, 8)}`;
    const gateway = await createGateway({
      owner,
      runtimes: kubernetesRuntime({ hostEnv: { KUBECONFIG: parts.cluster.kubeconfig } }),
      config: {
        health_check_interval_seconds: 0,
        ...parts.settings,
        servers: Object.entries(parts.servers).map(([id, options]) => ({
          id,
          runtime: { type: "k8s-job", namespace: parts.namespace, ...options },
        })),
      },
    });
    return new PodGateway(gateway, owner, parts);
  }

  /** Calls a tool and gives its text. Rejects with what a caller is told. */
  async call(server: string, name: string, args: object = {}): Promise<string> {
    const params = { name, arguments: args };
    const answer = await this.#gateway.request(
      server,
      frameOf({ jsonrpc: "2.0", id: 1, method: "tools/call", params }),
    );
    const { result } = answer.value() as { result?: { content: { text: string }[] } };
    return result?.content[0]?.text ?? JSON.stringify(answer.value());
  }

  pods(): Promise<FoundObject[]> {
    return this.#objects.pods(this.owner);
  }

  jobs(): Promise<FoundObject[]> {
    return this.#objects.jobs(this.owner);
  }

  /** Ends it; resolves with the milliseconds that took. */
  async end(): Promise<number> {
    const start = performance.now();
    await this.#gateway[Symbol.asyncDispose]();
    return performance.now() - start;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    const jobs = await this.jobs();
    if (jobs.length > 0) throw new Error(`left behind: ${jobs.map(({ metadata }) => metadata.name)}`);
    await this.#podsGone();
  }

  /** A pod that some clusters make in place of one that is deleted goes after its Job. */
  async #podsGone(): Promise<void> {
    const { cluster, namespace } = this.#parts;
    const selector = encodeURIComponent(`open-mcp-gateway.io/owner=${this.owner}`);
    const path = `/api/v1/namespaces/${namespace}/pods?labelSelector=${selector}`;
    const { items, metadata } = JSON.parse(await cluster.ask(path));
    const left = new Set((items as FoundObject[]).map(({ metadata }) => metadata.uid));
    if (left.size === 0) return;
    const changes = `${path}&watch=1&resourceVersion=${metadata.resourceVersion}`;
    for await (const { type, object } of cluster.watch<FoundObject>(changes)) {
      if (type === "DELETED") left.delete(object.metadata.uid);
      else left.add(object.metadata.uid);
      if (left.size === 0) break;
    }
  }
}
