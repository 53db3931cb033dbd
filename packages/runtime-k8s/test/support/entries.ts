const template = "spec.template";
const pod = `${template}.spec`;
const container = `${pod}.containers.0`;

/** What an option says, and all that it changes in the Job of an entry that says nothing else. */
export interface Entry {
  readonly options: object;
  /** By path in the Job. */
  readonly changes: Readonly<Record<string, unknown>>;
}

function entry(options: object, changes: Entry["changes"]): Entry {
  return { options, changes };
}

const volume = (source: object, inPod: object, readOnly = true) =>
  entry(
    { volumes: [{ name: "data", mount_path: "/data", ...source }] },
    {
      [`${pod}.volumes.1`]: { name: "data", ...inPod },
      [`${container}.volumeMounts.1`]: { name: "data", mountPath: "/data", readOnly },
    },
  );

/** Every option of a `k8s-job` but those that say where the cluster is. */
export const entries: readonly Entry[] = [
  entry({ image: "acme/other" }, { [`${container}.image`]: "acme/other" }),
  entry({ command: "node" }, { [`${container}.command`]: ["node"] }),
  entry({ command: ["node", "-v"] }, { [`${container}.command`]: ["node", "-v"] }),
  entry({ args: ["a b", ""] }, { [`${container}.args`]: ["a b", ""] }),
  entry(
    { transport: "http", port: 3001, path: "/" },
    {
      [`${container}.stdin`]: false,
      [`${container}.stdinOnce`]: false,
      [`${container}.ports`]: [{ name: "mcp", containerPort: 3001 }],
    },
  ),
  entry(
    { env_from: [{ config_map: "a" }, { secret: "b", prefix: "B_" }] },
    {
      [`${container}.envFrom.0`]: { configMapRef: { name: "a" } },
      [`${container}.envFrom.1`]: { prefix: "B_", secretRef: { name: "b" } },
    },
  ),
  entry({ service_account: "tickets" }, { [`${pod}.serviceAccountName`]: "tickets" }),
  entry({ resources: { limits: { memory: "1Gi" } } }, { [`${container}.resources.limits.memory`]: "1Gi" }),
  entry({ resources: { requests: { cpu: 0.5 } } }, { [`${container}.resources.requests.cpu`]: "0.5" }),
  volume({ config_map: "a" }, { configMap: { name: "a" } }),
  volume({ secret: "a" }, { secret: { secretName: "a" } }),
  volume({ pvc: "a" }, { persistentVolumeClaim: { claimName: "a", readOnly: true } }),
  volume(
    { pvc: "a", read_only: false },
    { persistentVolumeClaim: { claimName: "a", readOnly: false } },
    false,
  ),
  volume({ empty_dir: "1Gi" }, { emptyDir: { sizeLimit: "1Gi" } }, false),
  entry({ image_pull_policy: "Never" }, { [`${container}.imagePullPolicy`]: "Never" }),
  entry({ image_pull_secrets: ["a"] }, { [`${pod}.imagePullSecrets.0`]: { name: "a" } }),
  entry({ node_selector: { disk: "ssd" } }, { [`${pod}.nodeSelector.disk`]: "ssd" }),
  entry(
    { tolerations: [{ key: "gpu", operator: "Exists", effect: "NoSchedule" }] },
    { [`${pod}.tolerations.0`]: { key: "gpu", operator: "Exists", effect: "NoSchedule" } },
  ),
  // Says how long the gateway waits, which the Job need not know.
  entry({ wait_for_node: true }, {}),
  entry(
    { labels: { team: "a" } },
    { "metadata.labels.team": "a", [`${template}.metadata.labels.team`]: "a" },
  ),
  entry(
    { annotations: { note: "any text" } },
    { "metadata.annotations.note": "any text", [`${template}.metadata.annotations.note`]: "any text" },
  ),
  entry(
    { active_deadline_seconds: 60 },
    { "spec.activeDeadlineSeconds": 120, [`${pod}.activeDeadlineSeconds`]: 60 },
  ),
  entry({ grace_period_seconds: 0 }, { [`${pod}.terminationGracePeriodSeconds`]: 0 }),
  entry({ pod_overrides: { priorityClassName: "low" } }, { [`${pod}.priorityClassName`]: "low" }),
];
