import type { Cluster } from "./cluster.ts";
import { ClusterFailure } from "./cluster-failure.ts";

/**
 * Removes an object; what it owns follows. One that is gone is fine. `graceSeconds`: how long a pod may take to end; 0 does not
 * wait for its node. Default: as the pod says. Rejects with a `ClusterFailure`.
 */
export async function removeObject(
  cluster: Cluster,
  path: string,
  { graceSeconds }: { readonly graceSeconds?: number } = {},
): Promise<void> {
  try {
    await cluster.ask("DELETE", path, {
      query: { propagationPolicy: "Background", gracePeriodSeconds: graceSeconds },
    });
  } catch (error) {
    if (!(error instanceof ClusterFailure && error.isMissing)) throw error;
  }
}
