import type { Cluster, KubeObject } from "../cluster/cluster.ts";
import { PodTrouble } from "../pods.ts";
import { readDeployment } from "./scaled-deployment.ts";
import type { ServiceOptions } from "./service-options.ts";

interface ServiceObject extends KubeObject {
  readonly spec?: {
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly { readonly port: number; readonly targetPort?: number | string }[];
  };
}

/** Which pods serve an entry, and on which of their ports: a number or a name. */
export interface Selection {
  readonly labelSelector: string;
  readonly targetPort: number | string;
}

/** Rejects with a `ClusterFailure`, or with a `PodTrouble` if what the entry names selects no pods. */
export async function selectionOf(
  cluster: Cluster,
  namespace: string,
  { service_name, deployment, port }: ServiceOptions,
): Promise<Selection> {
  if (service_name === undefined) {
    const { spec } = await readDeployment(cluster, namespace, deployment ?? "");
    return { labelSelector: selectorOf(spec?.selector?.matchLabels), targetPort: port };
  }
  const path = `/api/v1/namespaces/${namespace}/services/${service_name}`;
  const { spec } = await cluster.ask<ServiceObject>("GET", path);
  if (!spec?.selector)
    throw new PodTrouble("service_without_pods", `the Service ${service_name} selects no pods`);
  const published = spec.ports?.find((one) => one.port === port);
  if (published)
    return { labelSelector: selectorOf(spec.selector), targetPort: published.targetPort ?? port };
  const ports = spec.ports?.map((one) => one.port).join(", ") || "none";
  throw new PodTrouble(
    "service_without_port",
    `the Service ${service_name} has no port ${port}; it has ${ports}`,
  );
}

function selectorOf(labels: Readonly<Record<string, string>> = {}): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
