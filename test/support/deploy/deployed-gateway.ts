import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { stringify } from "yaml";
import type { Cluster } from "../../../packages/runtime-k8s/test/support/cluster.ts";
import { inTime } from "../in-time.ts";
import { apiKey } from "./key-client.ts";
import { type Kubectl, kubectl, kubectls } from "./kubectl.ts";
import { kubernetesFolder } from "./manifests.ts";
import { objectsUntil } from "./objects-until.ts";

interface GatewayPod {
  readonly metadata: { readonly name: string; readonly uid: string; readonly deletionTimestamp?: string };
  readonly spec: Record<string, unknown>;
  readonly status: {
    readonly containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number }[];
  };
}

const servedMs = 30_000;

/** The gateway in a namespace of a cluster, deployed as the documentation has it: by a kustomization with a catalog of its own. */
export class DeployedGateway implements Disposable {
  readonly #cluster: Cluster;
  readonly #namespace: string;
  readonly #kubectl: Kubectl;
  readonly #folder = mkdtempSync(join(tmpdir(), "omg-deploy-"));

  constructor(cluster: Cluster, namespace: string) {
    const [command] = kubectls;
    if (!command) throw new Error("there is no kubectl: install one, or start the cluster of test/engines");
    this.#cluster = cluster;
    this.#namespace = namespace;
    this.#kubectl = command;
    const kustomization = {
      namespace,
      bases: [relative(this.#folder, join(kubernetesFolder, "overlays/test"))],
      generatorOptions: { disableNameSuffixHash: true },
      configMapGenerator: [{ name: "open-mcp-gateway", behavior: "merge", files: ["catalog.yaml"] }],
    };
    writeFileSync(join(this.#folder, "kustomization.yaml"), stringify(kustomization));
  }

  async makeSecret(): Promise<void> {
    const body = { metadata: { name: "open-mcp-gateway" }, stringData: { "api-key": apiKey } };
    await this.#cluster.ask(`/api/v1/namespaces/${this.#namespace}/secrets`, { method: "POST", body });
  }

  /** Applies everything, with these servers as the catalog. */
  async apply(servers: readonly object[]): Promise<void> {
    writeFileSync(join(this.#folder, "catalog.yaml"), stringify({ servers }));
    await this.run("apply", "--kustomize", this.#folder);
  }

  /** Its pod, once it is ready and its container was started again as often. */
  async pod(restarts = 0): Promise<GatewayPod> {
    const path = `/api/v1/namespaces/${this.#namespace}/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dgateway`;
    const fits = ({ status, metadata }: GatewayPod) => {
      const [container] = status.containerStatuses ?? [];
      const isReady = container?.ready === true && container.restartCount === restarts;
      return isReady && metadata.deletionTimestamp === undefined;
    };
    const pods = await objectsUntil<GatewayPod>(this.#cluster, path, (all) => all.some(fits));
    return pods.find(fits) as GatewayPod;
  }

  /** Where clients outside of the cluster reach it, once it can be reached there. */
  async url(): Promise<string> {
    const path = `/api/v1/namespaces/${this.#namespace}/services/open-mcp-gateway-node-port`;
    const { spec } = JSON.parse(await this.#cluster.ask(path)) as { spec: { ports: { nodePort: number }[] } };
    const url = `http://127.0.0.1:${spec.ports[0]?.nodePort}`;
    await inTime(servedMs, untilServed(url));
    return url;
  }

  /** What kubectl prints. */
  run(...args: readonly string[]): Promise<string> {
    const where = ["--kubeconfig", this.#cluster.kubeconfig, "--namespace", this.#namespace];
    return kubectl(this.#kubectl, ...where, ...args);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** No event tells when the nodes know of a port. */
async function untilServed(url: string): Promise<void> {
  const isServed = () =>
    fetch(`${url}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
      ({ ok }) => ok,
      () => false,
    );
  while (!(await isServed())) await pause(100);
}
