type JsonObject = Readonly<Record<string, unknown>>;

/** Volumes that the profile allows; each volume is of one kind. */
const volumeKinds = [
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"],
  ...["persistentVolumeClaim", "projected", "secret"],
];
const safeSysctls = [
  "kernel.shm_rmid_forced",
  "net.ipv4.ip_local_port_range",
  "net.ipv4.ip_unprivileged_port_start",
  "net.ipv4.tcp_syncookies",
  "net.ipv4.ping_group_range",
  "net.ipv4.ip_local_reserved_ports",
  "net.ipv4.tcp_keepalive_time",
  "net.ipv4.tcp_fin_timeout",
  "net.ipv4.tcp_keepalive_intvl",
  "net.ipv4.tcp_keepalive_probes",
];
const seLinuxTypes = ["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"];

/**
 * What of a pod breaks the profile "restricted" of Kubernetes' Pod Security Standards, of which "baseline" is a part, by the names
 * of its controls. Written from the standard (as of 1.34), for pods of Linux.
 */
export function violations({ metadata, spec }: { metadata?: JsonObject; spec: JsonObject }): string[] {
  const pod = object(spec.securityContext);
  const containers = [spec.initContainers, spec.containers, spec.ephemeralContainers].flatMap(list);
  const contexts = containers.map(({ securityContext }) => object(securityContext));
  const everywhere = [pod, ...contexts];
  /** What holds for a container: its own word, else the pod's. */
  const effective = (key: string) => contexts.map((own) => own[key] ?? pod[key]);
  const annotations = Object.entries(object(metadata?.annotations));

  const controls: Readonly<Record<string, boolean>> = {
    HostProcess: everywhere.some(({ windowsOptions }) => object(windowsOptions).hostProcess === true),
    "Host Namespaces": [spec.hostNetwork, spec.hostPID, spec.hostIPC].includes(true),
    "Privileged Containers": contexts.some(({ privileged }) => privileged === true),
    Capabilities: contexts.some(({ capabilities }) => {
      const { drop, add } = object(capabilities);
      return !strings(drop).includes("ALL") || strings(add).some((name) => name !== "NET_BIND_SERVICE");
    }),
    "HostPath Volumes": list(spec.volumes).some((volume) => "hostPath" in volume),
    "Host Ports": containers.some(({ ports }) => list(ports).some(({ hostPort }) => (hostPort ?? 0) !== 0)),
    "Host Probes / Lifecycle Hooks": containers.some(callsHosts),
    AppArmor:
      everywhere.some(({ appArmorProfile: profile }) => profile !== undefined && !isConfined(profile)) ||
      annotations.some(
        ([name, value]) =>
          name.startsWith("container.apparmor.security.beta.kubernetes.io/") &&
          !/^(?:runtime\/default|localhost\/.*)$/.test(String(value)),
      ),
    SELinux: everywhere.some(({ seLinuxOptions }) => {
      const { type = "", user = "", role = "" } = object(seLinuxOptions);
      return !seLinuxTypes.includes(String(type)) || user !== "" || role !== "";
    }),
    "/proc Mount Type": contexts.some(({ procMount = "Default" }) => procMount !== "Default"),
    Seccomp: effective("seccompProfile").some((profile) => !isConfined(profile)),
    Sysctls: list(pod.sysctls).some(({ name }) => !safeSysctls.includes(String(name))),
    "Volume Types": list(spec.volumes).some((volume) =>
      Object.keys(volume).some((key) => key !== "name" && !volumeKinds.includes(key)),
    ),
    "Privilege Escalation": contexts.some((own) => own.allowPrivilegeEscalation !== false),
    "Running as Non-root": effective("runAsNonRoot").some((value) => value !== true),
    "Running as Non-root user": everywhere.some(({ runAsUser }) => runAsUser === 0),
  };
  return Object.keys(controls).filter((control) => controls[control]);
}

function callsHosts(container: JsonObject): boolean {
  const { postStart, preStop } = object(container.lifecycle);
  const { livenessProbe, readinessProbe, startupProbe } = container;
  return [postStart, preStop, livenessProbe, readinessProbe, startupProbe]
    .flatMap((handler) => [object(handler).httpGet, object(handler).tcpSocket])
    .some((call) => (object(call).host ?? "") !== "");
}

function isConfined(profile: unknown): boolean {
  return ["RuntimeDefault", "Localhost"].includes(String(object(profile).type));
}

function object(value: unknown): JsonObject {
  return (value ?? {}) as JsonObject;
}

function list(value: unknown): JsonObject[] {
  return (value ?? []) as JsonObject[];
}

function strings(value: unknown): string[] {
  return (value ?? []) as string[];
}
