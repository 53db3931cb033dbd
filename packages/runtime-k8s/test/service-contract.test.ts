import type { RuntimeV1 } from "@omg/core/runtime";
import { type ContractRule, testRuntime } from "@omg/runtime-testkit";
import { test } from "vitest";
import kubernetesRuntime from "../src/index.ts";
import { describeWithCluster } from "./support/cluster.ts";
import { deploymentOf, kitNamespace, kubeconfigAway } from "./support/kit-pod.ts";

const unseen: Partial<Record<ContractRule, string>> = {
  K5: "a Deployment's environment is not ours",
  K6: "what a Deployment's pods write to stderr stays where it is",
  K11: "a Deployment's pods are not ours to stop: it is scaled, and the cluster ends them",
  K16: "every call has a connection of its own, and connections overtake each other",
};

describeWithCluster(
  "k8s-service keeps the contract with a Deployment that it scales from zero",
  (cluster) => {
    const namespace = kitNamespace(cluster);
    const deployments = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    testRuntime(
      {
        createRuntime: () =>
          kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } })[1] as RuntimeV1,
        async server(script) {
          const { name, port } = await deploymentOf(cluster, namespace, script);
          return { namespace, deployment: name, port };
        },
        brokenServer: () => ({
          options: { namespace, deployment: "no-such-deployment", port: 8080 },
          message: /deployments.apps "no-such-deployment" not found/,
        }),
        away: () => ({ namespace, deployment: "any", port: 8080, kubeconfig: kubeconfigAway }),
        badOptions: () => ({ options: { deployment: "one", port: 70_000 }, key: "port" }),
        async leftovers(owner) {
          const { items } = JSON.parse(await cluster.ask(deployments)) as {
            items: { metadata: { name: string; annotations?: Record<string, string> } }[];
          };
          return items
            .filter(({ metadata }) => metadata.annotations?.[`users.open-mcp-gateway.io/${owner}`])
            .map(({ metadata }) => metadata.name);
        },
        startMs: 30_000,
        stopMs: 20_000,
        noticeMs: 15_000,
        skip: unseen,
      },
      { test },
    );
  },
);
