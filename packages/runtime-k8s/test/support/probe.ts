import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { InstanceV1 } from "@omg/core/runtime";
import { connectRaw, type RawClient } from "@omg/runtime-testkit";
import { beforeAll } from "vitest";
import kubernetesRuntime from "../../src/index.ts";
import type { JobOptions } from "../../src/job/job-options.ts";
import { type Cluster, testNamespace } from "./cluster.ts";
import { jobRequest } from "./start-request.ts";

const file = fileURLToPath(new URL("../../../runtime-docker/test/support/probe-server.mjs", import.meta.url));

/** A namespace in which the program of probes lies ready, as a ConfigMap. */
export function probeNamespace(cluster: Cluster): string {
  const namespace = testNamespace(cluster);
  beforeAll(async () => {
    const data = { "server.mjs": readFileSync(file, "utf8") };
    const body = { metadata: { name: "probe" }, data };
    await cluster.ask(`/api/v1/namespaces/${namespace}/configmaps`, { method: "POST", body });
  });
  return namespace;
}

interface ProbeParts {
  readonly cluster: Cluster;
  /** One of `probeNamespace`. */
  readonly namespace: string;
  /** What the entry says besides. */
  readonly more?: { readonly args?: readonly string[]; readonly [option: string]: unknown };
  readonly env?: Readonly<Record<string, string>>;
  /** Checked options that are other than an entry could say. */
  readonly changes?: Partial<JobOptions>;
}

/** A server in a pod that tries what it should not be able to. */
export class Probe implements AsyncDisposable {
  readonly instance: InstanceV1;
  readonly #runtime: AsyncDisposable;
  readonly #client: RawClient;

  private constructor(runtime: AsyncDisposable, instance: InstanceV1, client: RawClient) {
    this.#runtime = runtime;
    this.instance = instance;
    this.#client = client;
  }

  static async start({ cluster, namespace, more = {}, env = {}, changes = {} }: ProbeParts): Promise<Probe> {
    const [runtime] = kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } });
    const entry = {
      namespace,
      image: "omg-test/node:1",
      image_pull_policy: "Never",
      command: "node",
      volumes: [{ name: "probe", mount_path: "/probe", config_map: "probe" }],
      grace_period_seconds: 0,
      ...more,
      args: ["/probe/server.mjs", ...(more.args ?? [])],
    };
    const request = jobRequest(entry, { env });
    const instance = await runtime.start({ ...request, options: { ...request.options, ...changes } });
    const client = await connectRaw(instance.transport);
    await client.initialize();
    return new Probe(runtime as AsyncDisposable, instance, client);
  }

  /** Has it try something; gives what it tells of that. */
  async try<T = unknown>(what: string, args: Record<string, unknown> = {}): Promise<T> {
    return JSON.parse(await this.#client.call(what, args)) as T;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.instance[Symbol.asyncDispose]();
    await this.#runtime[Symbol.asyncDispose]();
  }
}
