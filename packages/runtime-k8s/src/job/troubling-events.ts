import { setTimeout as pause } from "node:timers/promises";
import type { Cluster, KubeList, KubeObject } from "../cluster/cluster.ts";
import { PodTrouble } from "../pods.ts";

interface KubeEvent extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
  readonly involvedObject?: { readonly name?: string };
}

const everyMs = 1_500;
/** The kubelet's words when it has looked; that it could not look yet may pass. */
const notThere = /not found|non-existent/;

/**
 * Rejects with a `PodTrouble` once the cluster says that it can not make the pod of a Job (a quota, or an admission that refuses
 * it), or that what is to be mounted is not there. Only events tell; who may not read them waits for the start's timeout. Never
 * resolves.
 */
export async function troublingEvents(
  cluster: Cluster,
  namespace: string,
  job: string,
  signal: AbortSignal,
): Promise<never> {
  const list = async (fieldSelector: string) => {
    const path = `/api/v1/namespaces/${namespace}/events`;
    const found = await cluster
      .ask<KubeList<KubeEvent>>("GET", path, { query: { fieldSelector }, signal })
      .catch(() => undefined);
    return found?.items ?? [];
  };
  while (!signal.aborted) {
    await pause(everyMs, undefined, { signal, ref: false }).catch(() => {});
    const [refusals, mounts] = await Promise.all([
      list(`involvedObject.kind=Job,involvedObject.name=${job},reason=FailedCreate`),
      list("involvedObject.kind=Pod,reason=FailedMount"),
    ]);
    const refusal = refusals.at(-1);
    if (refusal)
      throw new PodTrouble("pod_refused", `its pod can not be made: ${refusal.message ?? refusal.reason}`);
    const mount = mounts.find(
      ({ involvedObject, message = "" }) =>
        involvedObject?.name?.startsWith(`${job}-`) && notThere.test(message),
    );
    if (mount) throw new PodTrouble("config", `what it mounts is not there: ${mount.message}`);
  }
  return new Promise(() => {});
}
