/** What overrides make of a pod's spec. The oracle is a cluster's own strategic merge. */
export interface OverrideCase {
  readonly what: string;
  readonly overrides: Readonly<Record<string, unknown>>;
  readonly result: Readonly<Record<string, unknown>>;
}

/** A pod's spec with something of everything that merges. */
export const base = {
  restartPolicy: "Never",
  nodeSelector: { disk: "ssd" },
  tolerations: [{ key: "a", operator: "Exists" }],
  imagePullSecrets: [{ name: "one" }],
  hostAliases: [{ ip: "10.0.0.1", hostnames: ["a"] }],
  securityContext: { runAsUser: 1, supplementalGroups: [1], sysctls: [{ name: "a", value: "1" }] },
  dnsConfig: { options: [{ name: "ndots", value: "1" }], nameservers: ["10.0.0.1"] },
  topologySpreadConstraints: [{ topologyKey: "zone", maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }],
  volumes: [
    { name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "64Mi" } },
    { name: "data", configMap: { name: "a", items: [{ key: "k", path: "p" }] } },
  ],
  containers: [
    {
      name: "server",
      image: "x",
      args: ["a", "b"],
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
      envFrom: [{ configMapRef: { name: "a" } }],
      ports: [{ name: "mcp", containerPort: 80 }],
      volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
      securityContext: { capabilities: { drop: ["ALL"] } },
      resources: { limits: { memory: "1Gi", cpu: "1" } },
    },
  ],
} as const;

const [server] = base.containers;
const [tmp, data] = base.volumes;
const ofServer = (change: object) => ({ containers: [{ name: "server", ...change }] });
const serverWith = (change: object) => ({ ...base, containers: [{ ...server, ...change }] });
const without = (key: keyof typeof base) => {
  const { [key]: _, ...rest } = base;
  return rest;
};

export const overrideCases: readonly OverrideCase[] = [
  { what: "nothing", overrides: {}, result: base },
  { what: "a value", overrides: { priorityClassName: "low" }, result: { ...base, priorityClassName: "low" } },
  { what: "null takes away", overrides: { nodeSelector: null }, result: without("nodeSelector") },
  {
    what: "null takes away inside",
    overrides: ofServer({ resources: { limits: { cpu: null } } }),
    result: serverWith({ resources: { limits: { memory: "1Gi" } } }),
  },
  {
    what: "objects are merged",
    overrides: { nodeSelector: { zone: "b" } },
    result: { ...base, nodeSelector: { disk: "ssd", zone: "b" } },
  },
  {
    what: "an object is replaced",
    overrides: { securityContext: { $patch: "replace", runAsUser: 2 } },
    result: { ...base, securityContext: { runAsUser: 2 } },
  },
  {
    what: "an object is emptied",
    overrides: { securityContext: { $patch: "delete" } },
    result: { ...base, securityContext: {} },
  },
  {
    what: "containers are merged by name, and others follow",
    overrides: {
      containers: [
        { name: "sidecar", image: "y", env: null },
        { name: "server", image: "z" },
      ],
    },
    result: {
      ...base,
      containers: [
        { ...server, image: "z" },
        { name: "sidecar", image: "y" },
      ],
    },
  },
  {
    what: "init containers come where none are",
    overrides: { initContainers: [{ name: "first", image: "y" }] },
    result: { ...base, initContainers: [{ name: "first", image: "y" }] },
  },
  {
    what: "variables are merged by name",
    overrides: ofServer({
      env: [
        { name: "B", value: "3" },
        { name: "C", value: "4" },
      ],
    }),
    result: serverWith({
      env: [
        { name: "A", value: "1" },
        { name: "B", value: "3" },
        { name: "C", value: "4" },
      ],
    }),
  },
  {
    what: "a variable is taken away",
    overrides: ofServer({ env: [{ name: "A", $patch: "delete" }] }),
    result: serverWith({ env: [{ name: "B", value: "2" }] }),
  },
  {
    what: "a list that merges is replaced",
    overrides: ofServer({ env: [{ name: "C", value: "4" }, { $patch: "replace" }] }),
    result: serverWith({ env: [{ name: "C", value: "4" }] }),
  },
  {
    what: "what is not there can not be taken away",
    overrides: { hostAliases: [{ ip: "10.0.0.9", $patch: "delete" }] },
    result: base,
  },
  {
    what: "arguments are replaced",
    overrides: ofServer({ args: ["c"] }),
    result: serverWith({ args: ["c"] }),
  },
  {
    what: "sources of variables are replaced",
    overrides: ofServer({ envFrom: [{ secretRef: { name: "b" } }] }),
    result: serverWith({ envFrom: [{ secretRef: { name: "b" } }] }),
  },
  {
    what: "ports are merged by their number",
    overrides: ofServer({ ports: [{ containerPort: 80, name: "web" }, { containerPort: 81 }] }),
    result: serverWith({ ports: [{ name: "web", containerPort: 80 }, { containerPort: 81 }] }),
  },
  {
    what: "mounts are merged by their path",
    overrides: ofServer({
      volumeMounts: [
        { mountPath: "/tmp", readOnly: true },
        { mountPath: "/x", name: "data" },
      ],
    }),
    result: serverWith({
      volumeMounts: [
        { name: "tmp", mountPath: "/tmp", readOnly: true },
        { mountPath: "/x", name: "data" },
      ],
    }),
  },
  {
    what: "volumes are merged by name",
    overrides: { volumes: [{ name: "tmp", emptyDir: { sizeLimit: "1Gi" } }] },
    result: { ...base, volumes: [{ name: "tmp", emptyDir: { medium: "Memory", sizeLimit: "1Gi" } }, data] },
  },
  {
    what: "a volume becomes one of another kind",
    overrides: { volumes: [{ name: "data", $retainKeys: ["name", "secret"], secret: { secretName: "s" } }] },
    result: { ...base, volumes: [tmp, { name: "data", secret: { secretName: "s" } }] },
  },
  {
    what: "the items of a volume are replaced",
    overrides: { volumes: [{ name: "data", configMap: { items: [{ key: "l", path: "q" }] } }] },
    result: {
      ...base,
      volumes: [tmp, { name: "data", configMap: { name: "a", items: [{ key: "l", path: "q" }] } }],
    },
  },
  {
    what: "logins of registries are merged by name",
    overrides: { imagePullSecrets: [{ name: "two" }] },
    result: { ...base, imagePullSecrets: [{ name: "one" }, { name: "two" }] },
  },
  {
    what: "host aliases are merged by address, and their names replaced",
    overrides: {
      hostAliases: [
        { ip: "10.0.0.1", hostnames: ["b"] },
        { ip: "10.0.0.2", hostnames: ["c"] },
      ],
    },
    result: {
      ...base,
      hostAliases: [
        { ip: "10.0.0.1", hostnames: ["b"] },
        { ip: "10.0.0.2", hostnames: ["c"] },
      ],
    },
  },
  {
    what: "spread constraints are merged by what they spread over",
    overrides: { topologySpreadConstraints: [{ topologyKey: "zone", maxSkew: 2 }] },
    result: {
      ...base,
      topologySpreadConstraints: [{ topologyKey: "zone", maxSkew: 2, whenUnsatisfiable: "DoNotSchedule" }],
    },
  },
  {
    what: "tolerations are replaced",
    overrides: { tolerations: [{ key: "b", operator: "Exists" }] },
    result: { ...base, tolerations: [{ key: "b", operator: "Exists" }] },
  },
  {
    what: "lists whose items have names but no merge key are replaced",
    overrides: {
      securityContext: { sysctls: [{ name: "b", value: "2" }] },
      dnsConfig: { options: [{ name: "x" }] },
    },
    result: {
      ...base,
      securityContext: { ...base.securityContext, sysctls: [{ name: "b", value: "2" }] },
      dnsConfig: { ...base.dnsConfig, options: [{ name: "x" }] },
    },
  },
  {
    what: "capabilities are replaced",
    overrides: ofServer({ securityContext: { capabilities: { drop: ["NET_RAW"] } } }),
    result: serverWith({ securityContext: { capabilities: { drop: ["NET_RAW"] } } }),
  },
];
