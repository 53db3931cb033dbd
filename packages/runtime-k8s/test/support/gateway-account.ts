import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import type { Cluster } from "./cluster.ts";

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const file = new URL("../../../../deploy/kubernetes/base/role.yaml", import.meta.url);

/** What the project's Role allows. */
export const role = parse(readFileSync(fileURLToPath(file), "utf8")) as { readonly rules: readonly Rule[] };

/** What rules allow, one verb of one resource each: `get pods/log`. */
export function rightsOf(rules: readonly Rule[]): string[] {
  return rules.flatMap(({ resources, verbs }) =>
    resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}`)),
  );
}

/** An account in a namespace that may do what some rules say there, and nothing else. */
export class GatewayAccount implements Disposable {
  /** Path of the kubeconfig that leads to the cluster as this account. */
  readonly kubeconfig: string;
  readonly token: string;
  readonly user: string;
  readonly #folder: string;

  private constructor(kubeconfig: object, token: string, user: string) {
    this.#folder = mkdtempSync(join(tmpdir(), "omg-test-"));
    this.kubeconfig = join(this.#folder, "config");
    writeFileSync(this.kubeconfig, JSON.stringify(kubeconfig));
    this.token = token;
    this.user = user;
  }

  static async create(cluster: Cluster, namespace: string, rules: readonly Rule[]): Promise<GatewayAccount> {
    const name = `gateway-${crypto.randomUUID().slice(0, 8)}`;
    const post = async (path: string, body: object) =>
      JSON.parse(await cluster.ask(path, { method: "POST", body }));
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
    await post(accounts, { metadata: { name } });
    await post(`${rbac}/roles`, { metadata: { name }, rules });
    await post(`${rbac}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    });
    const { status } = await post(`${accounts}/${name}/token`, { spec: {} });
    const config = {
      "current-context": "test",
      contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace } }],
      clusters: [{ name: "test", cluster: clusterOf(cluster.kubeconfig) }],
      users: [{ name: "test", user: { token: status.token } }],
    };
    return new GatewayAccount(config, status.token, `system:serviceaccount:${namespace}:${name}`);
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Where the API server is, and how it is known. */
function clusterOf(kubeconfig: string): object {
  const config = parse(readFileSync(kubeconfig, "utf8"));
  const context = config.contexts.find(
    ({ name }: { name: string }) => name === config["current-context"],
  ).context;
  const { cluster } = config.clusters.find(({ name }: { name: string }) => name === context.cluster);
  const authority = cluster["certificate-authority"];
  return authority === undefined
    ? cluster
    : { ...cluster, "certificate-authority": resolve(dirname(kubeconfig), authority) };
}
