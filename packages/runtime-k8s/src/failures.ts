import { OmgError, type StartRequest } from "@omg/core/runtime";
import type { Cluster } from "./cluster/cluster.ts";
import { ClusterFailure } from "./cluster/cluster-failure.ts";
import { PodTrouble } from "./pods.ts";

/** Why an instance could not be started, in words for a person. What is no failure of the cluster passes as it is. */
export function startFailure(server: string, cluster: Cluster, error: unknown): unknown {
  const what = `Server '${server}' did not start`;
  if (error instanceof PodTrouble) {
    const { detail, message } = error;
    return new OmgError("upstream_start_failed", {
      server,
      detail,
      cause: error,
      message: `${what}: ${message}`,
    });
  }
  if (!(error instanceof ClusterFailure)) return error;
  const { status, said, retryAfterMs } = error;
  if (error.hasNoLogin) {
    return new OmgError("runtime_unavailable", {
      server,
      detail: "cluster_login",
      cause: error,
      message: `${what}: there are no credentials for ${cluster.name}: ${said}. Look whether it can be used: kubectl get --raw /version.`,
    });
  }
  if (error.isSilence) {
    return new OmgError("runtime_unavailable", {
      server,
      detail: "cluster_unreachable",
      retryAfterMs: retryAfterMs ?? 1_000,
      cause: error,
      message: `${what}: the API server of ${cluster.name} does not answer (${said}). Look whether it is well: kubectl get --raw /readyz.`,
    });
  }
  return new OmgError("upstream_start_failed", {
    server,
    detail: details[status ?? 0] ?? "cluster_refused",
    cause: error,
    message: `${what}: the API server of ${cluster.name} says "${said}".${advice[status ?? 0] ?? ""}`,
  });
}

const details: Readonly<Record<number, string>> = {
  400: "invalid",
  401: "unauthorized",
  403: "forbidden",
  404: "missing",
  422: "invalid",
};

const unusable = ` Correct the entry; "pod_overrides" is checked by the cluster alone.`;

const advice: Readonly<Record<number, string>> = {
  400: unusable,
  401: " Renew the login of the kubeconfig.",
  403: " The gateway's account needs the Role of the documentation, and its namespace may have a quota.",
  404: ` Correct "namespace", or the name of what is meant.`,
  422: unusable,
};

export function givenUp({ server, signal }: Pick<StartRequest<unknown>, "server" | "signal">): OmgError {
  const cause: unknown = signal.reason;
  if (OmgError.is(cause)) return cause;
  return new OmgError("cancelled", {
    server,
    cause,
    message: `The start of server '${server}' was cancelled`,
  });
}
