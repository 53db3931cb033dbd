import { type ContractRule, testRuntime } from "@omg/runtime-testkit";
import { test } from "vitest";
import kubernetesRuntime from "../src/index.ts";
import { describeWithCluster } from "./support/cluster.ts";
import { kitNamespace, kubeconfigAway, podOf, type Way, ways } from "./support/kit-pod.ts";

const unseen: Readonly<Record<Way, Partial<Record<ContractRule, string>>>> = {
  stdio: {},
  http: { K16: "every call has a connection of its own, and connections overtake each other" },
};

/** What a cluster gives to every container: where its API server is. */
const ofTheCluster = ["SERVICE_HOST", "SERVICE_PORT", "SERVICE_PORT_HTTPS", "PORT", "PORT_443_TCP"]
  .concat(["ADDR", "PORT", "PROTO"].map((part) => `PORT_443_TCP_${part}`))
  .map((name) => `KUBERNETES_${name}`);

for (const way of ways) {
  describeWithCluster(`k8s-job keeps the contract over ${way}`, (cluster) => {
    const namespace = kitNamespace(cluster);
    testRuntime(
      {
        createRuntime: () => kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } })[0],
        server: (script) => podOf(way, script, namespace),
        brokenServer: () => ({
          options: { namespace, image: "omg-test/no-such-image:1", image_pull_policy: "Never" },
          message: /ErrImageNeverPull/,
        }),
        away: () => ({ namespace, image: "omg-test/node:1", kubeconfig: kubeconfigAway }),
        badOptions: () => ({ options: { image: 7 }, key: "image" }),
        async leftovers(owner) {
          const of = `?labelSelector=${encodeURIComponent(`open-mcp-gateway.io/owner=${owner}`)}`;
          const names = async (path: string): Promise<string[]> => {
            const { items } = JSON.parse(await cluster.ask(path + of)) as {
              items: { metadata: { name: string } }[];
            };
            return items.map(({ metadata }) => `${path} ${metadata.name}`);
          };
          return [
            ...(await names(`/apis/batch/v1/namespaces/${namespace}/jobs`)),
            ...(await names(`/api/v1/namespaces/${namespace}/pods`)),
          ];
        },
        addsEnv: ["HOME", "HOSTNAME", "PATH", "NODE_ENV", ...ofTheCluster],
        startMs: 30_000,
        stopMs: 20_000,
        noticeMs: 15_000,
        skip: unseen[way],
      },
      { test },
    );
  });
}
