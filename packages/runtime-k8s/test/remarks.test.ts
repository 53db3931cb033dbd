import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { jobOptions } from "../src/job/job-options.ts";
import { podSpec } from "../src/job/job-spec.ts";
import { remarksOn } from "../src/remarks.ts";
import { violations } from "./support/restricted-profile.ts";

const strict = { image: `acme/tickets@sha256:${"0".repeat(64)}` };

function remarks(entry: object): string[] {
  return remarksOn(v.parse(jobOptions, { ...strict, ...entry })).map(
    ({ path, message }) => `${path?.join(".")}: ${message}`,
  );
}

/** The controls of the restricted profile that an entry breaks. */
function broken(entry: object): string[] {
  const options = v.parse(jobOptions, { ...strict, ...entry });
  return violations({ metadata: { annotations: options.annotations }, spec: podSpec({ options, env: {} }) });
}

const pod = (change: object) => ({ pod_overrides: change });
const server = (change: object) => pod({ containers: [{ name: "server", ...change }] });
const context = (change: object) => server({ securityContext: change });
const token = { serviceAccountToken: { path: "token" } };

/** What each of them takes off: a control of the restricted profile, or something beyond it. */
const loosened: readonly (readonly [object, string, string | undefined])[] = [
  [pod({ hostNetwork: true }), "the pod is in its node's network", "Host Namespaces"],
  [pod({ hostPID: true }), "the pod sees the processes of its node", "Host Namespaces"],
  [pod({ hostIPC: true }), "the pod shares memory with its node", "Host Namespaces"],
  [pod({ automountServiceAccountToken: true }), "the server gets a token of the API server", undefined],
  [pod({ automountServiceAccountToken: null }), "the server gets a token of the API server", undefined],
  [pod({ enableServiceLinks: true }), "the server is told of all Services", undefined],
  [
    pod({ volumes: [{ name: "node", hostPath: { path: "/" } }] }),
    "the volume node shows files",
    "HostPath Volumes",
  ],
  [
    pod({ volumes: [{ name: "far", nfs: { server: "a", path: "/" } }] }),
    "the volume far is of the kind nfs",
    "Volume Types",
  ],
  [
    pod({ volumes: [{ name: "api", projected: { sources: [token] } }] }),
    "the volume api holds a token of the API server",
    undefined,
  ],
  [
    pod({ securityContext: { sysctls: [{ name: "kernel.msgmax", value: "1" }] } }),
    "the pod changes settings of the kernel",
    "Sysctls",
  ],
  [pod({ securityContext: { runAsNonRoot: false } }), "the server may run as root", "Running as Non-root"],
  [pod({ securityContext: { runAsUser: 0 } }), "the server may run as root", "Running as Non-root user"],
  [context({ runAsUser: 0 }), "the server may run as root", "Running as Non-root user"],
  [context({ runAsNonRoot: false }), "the server may run as root", "Running as Non-root"],
  [
    pod({ securityContext: { seccompProfile: null } }),
    "the server may make every system call: no seccomp profile is set",
    "Seccomp",
  ],
  [context({ seccompProfile: { type: "Unconfined" } }), "the server may make every system call", "Seccomp"],
  [context({ privileged: true }), "the server is privileged, and rules its node", "Privileged Containers"],
  [context({ allowPrivilegeEscalation: true }), "the server can get further rights", "Privilege Escalation"],
  [context({ readOnlyRootFilesystem: false }), "the server can change its own files", undefined],
  [context({ capabilities: { drop: [] } }), "the server keeps capabilities; drop ALL", "Capabilities"],
  [context({ capabilities: { add: ["NET_RAW"] } }), "the server gets the capability NET_RAW", "Capabilities"],
  [context({ procMount: "Unmasked" }), "the server sees and changes all of /proc", "/proc Mount Type"],
  [
    context({ appArmorProfile: { type: "Unconfined" } }),
    "the server is not confined by AppArmor",
    "AppArmor",
  ],
  [context({ seLinuxOptions: { type: "spc_t" } }), "the server has SELinux options of its own", "SELinux"],
  [context({ seLinuxOptions: { user: "root" } }), "the server has SELinux options of its own", "SELinux"],
  [context({ windowsOptions: { hostProcess: true } }), "the server is a process of its node", "HostProcess"],
  [
    server({ ports: [{ containerPort: 80, hostPort: 8080 }] }),
    "the server is reached past the gateway by whoever reaches port 8080 of its node",
    "Host Ports",
  ],
  [
    server({ resources: { limits: { memory: null } } }),
    "the server can take all memory of its node",
    undefined,
  ],
  [
    server({ resources: { limits: { cpu: 0 } } }),
    "the server can take all processors of its node",
    undefined,
  ],
  [
    server({ livenessProbe: { httpGet: { host: "10.0.0.1", port: 80 } } }),
    "the server has its node call another host",
    "Host Probes / Lifecycle Hooks",
  ],
  [
    server({ lifecycle: { preStop: { tcpSocket: { host: "10.0.0.1", port: 80 } } } }),
    "the server has its node call another host",
    "Host Probes / Lifecycle Hooks",
  ],
];

describe("what takes off a protection is remarked on", () => {
  test("and nothing else is", () => {
    expect(remarks({})).toEqual([]);
    const pvc = { name: "data", mount_path: "/data", pvc: "data" };
    expect(remarks({ volumes: [pvc], service_account: "a", env_from: [{ secret: "a" }] })).toEqual([]);
    expect(remarks(pod({ priorityClassName: "low", securityContext: { runAsUser: 1000 } }))).toEqual([]);
    expect(
      remarks({
        annotations: { "container.apparmor.security.beta.kubernetes.io/server": "runtime/default" },
      }),
    ).toEqual([]);
  });

  test.each(loosened)("%j: %s", (entry, message, control) => {
    expect(remarks(entry)).toEqual([expect.stringContaining(`pod_overrides: ${message}`)]);
    // Seen by whoever checks pods by the standard, too.
    expect(broken(entry)).toEqual(expect.arrayContaining(control === undefined ? [] : [control]));
  });

  test("by a key of its own where there is one", () => {
    expect(remarks({ image: "acme/tickets:1" })).toEqual([
      "image: a tag can be moved to another image; name@sha256:… can not",
    ]);
    const pvc = { name: "data", mount_path: "/data", pvc: "data", read_only: false };
    expect(remarks({ volumes: [pvc] })).toEqual(["volumes.0.read_only: the server can write there"]);
    const name = "container.apparmor.security.beta.kubernetes.io/server";
    expect(remarks({ annotations: { [name]: "unconfined" } })).toEqual([
      `annotations.${name}: the server is not confined by this profile`,
    ]);
    expect(broken({ annotations: { [name]: "unconfined" } })).toEqual(["AppArmor"]);
  });

  test.each(["containers", "initContainers"])("also in further %s, of which each needs its own", (kind) => {
    expect(remarks(pod({ [kind]: [{ name: "helper", image: "x" }] }))).toEqual([
      "pod_overrides: the container helper can get further rights, for example by programs of root",
      "pod_overrides: the container helper keeps capabilities; drop ALL",
      "pod_overrides: the container helper can change its own files, and fill the node's disk with them",
      "pod_overrides: the container helper can take all memory of its node",
      "pod_overrides: the container helper can take all processors of its node",
    ]);
  });

  test("when overrides replace what would be there", () => {
    expect(remarks(pod({ securityContext: null }))).toEqual([
      "pod_overrides: the server may run as root",
      expect.stringContaining("no seccomp profile is set"),
    ]);
    expect(remarks(context({ $patch: "delete" }))).toHaveLength(3);
  });
});

describe("the restricted profile of the tests", () => {
  const all = ["HostProcess", "Host Namespaces", "Privileged Containers", "Capabilities", "HostPath Volumes"]
    .concat(["Host Ports", "Host Probes / Lifecycle Hooks", "AppArmor", "SELinux", "/proc Mount Type"])
    .concat(["Seccomp", "Sysctls", "Volume Types", "Privilege Escalation", "Running as Non-root"])
    .concat(["Running as Non-root user"]);

  test("is broken in each of its controls by one of these entries", () => {
    expect(new Set(loosened.flatMap(([entry]) => broken(entry)))).toEqual(new Set(all));
  });

  test("is not fitted by a pod that says nothing", () => {
    expect(violations({ spec: { containers: [{ name: "a", image: "x" }] } })).toEqual([
      ...["Capabilities", "Seccomp", "Privilege Escalation", "Running as Non-root"],
    ]);
  });
});
