import type { StartRequest } from "@omg/core/runtime";
import { labelsOf, objectNameOf, serverAnnotation } from "../ownership/names.ts";
import type { OwnerReference } from "../ownership/owner-reference.ts";
import type { JobOptions } from "./job-options.ts";
import { merge } from "./pod-overrides.ts";
import { resourcesOf } from "./resources.ts";
import { mountsOf, volumesOf } from "./volumes.ts";

/** The container of a Job's pod in which the server runs. */
export const serverContainer = "server";

const nobody = 65_534;
/** How long the cluster keeps what has ended, should nobody remove it before. */
const keepSeconds = 60;
/** A pod is ended by its node, which says why; when that does not come about, by the Job. */
const patienceSeconds = 60;

/**
 * The Job of an instance. Its pod fits Kubernetes' restricted profile (Pod Security Standards), gets no token of the API server, and
 * ends by itself should the gateway be gone for good.
 */
export function jobSpec(request: StartRequest<JobOptions>, namespace: string, owner: OwnerReference): object {
  const { options, server } = request;
  const labels = { ...options.labels, ...labelsOf(request) };
  const annotations = { ...options.annotations, [serverAnnotation]: server };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name: objectNameOf(request), namespace, labels, annotations, ownerReferences: [owner] },
    spec: {
      backoffLimit: 0,
      completions: 1,
      parallelism: 1,
      ttlSecondsAfterFinished: keepSeconds,
      activeDeadlineSeconds: options.active_deadline_seconds + patienceSeconds,
      template: {
        metadata: { labels, annotations },
        spec: podSpec(request),
      },
    },
  };
}

/** What an entry makes of a pod, its own last word included. */
export function podSpec({
  options,
  env,
}: Pick<StartRequest<JobOptions>, "options" | "env">): Readonly<Record<string, unknown>> {
  const spec = {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    activeDeadlineSeconds: options.active_deadline_seconds,
    terminationGracePeriodSeconds: options.grace_period_seconds,
    ...(options.service_account === undefined ? {} : { serviceAccountName: options.service_account }),
    nodeSelector: options.node_selector,
    tolerations: options.tolerations,
    imagePullSecrets: options.image_pull_secrets.map((name) => ({ name })),
    securityContext: {
      runAsNonRoot: true,
      runAsUser: nobody,
      runAsGroup: nobody,
      fsGroup: nobody,
      // A large volume is not gone through at each start.
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    volumes: volumesOf(options.volumes),
    containers: [containerOf(options, env)],
  };
  return merge(spec, options.pod_overrides);
}

function containerOf(options: JobOptions, env: Readonly<Record<string, string>>): object {
  const { command, args, port, resources, volumes } = options;
  const usesStdin = options.transport === "stdio";
  return {
    name: serverContainer,
    image: options.image,
    ...(command === undefined ? {} : { command: command.map(literal) }),
    ...(args === undefined ? {} : { args: args.map(literal) }),
    ...(options.image_pull_policy === undefined ? {} : { imagePullPolicy: options.image_pull_policy }),
    // Who has no entry in the image's list of users has no home there either.
    env: Object.entries({ HOME: "/tmp", ...env }).map(([name, value]) => ({ name, value: literal(value) })),
    envFrom: options.env_from.map(({ config_map, secret, prefix }) => ({
      ...(prefix === undefined ? {} : { prefix }),
      ...(config_map === undefined ? {} : { configMapRef: { name: config_map } }),
      ...(secret === undefined ? {} : { secretRef: { name: secret } }),
    })),
    stdin: usesStdin,
    // The end of the connection, however it comes about, is the end of the server's input.
    stdinOnce: usesStdin,
    tty: false,
    ...(port === undefined ? {} : { ports: [{ name: "mcp", containerPort: port }] }),
    resources: resourcesOf(resources),
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
    volumeMounts: mountsOf(volumes),
  };
}

/** Kubernetes would put variables in place of `$(NAME)`, and `$` in place of `$$`. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}
