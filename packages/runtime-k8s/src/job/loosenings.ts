import { serverContainer } from "./job-spec.ts";
import { isObject } from "./pod-overrides.ts";
import { amountOf } from "./resources.ts";

type JsonObject = Readonly<Record<string, unknown>>;
type Say = (message: string) => void;

const restrictedVolumes = new Set([
  ...["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral"],
  ...["persistentVolumeClaim", "secret"],
]);
const hooks = ["livenessProbe", "readinessProbe", "startupProbe"];

/**
 * Each protection that a pod's spec lacks, and what that means: what the restricted profile asks for (Pod Security Standards), and
 * what a Job's pod has beyond that.
 */
export function looseningsOf(spec: JsonObject): string[] {
  const found: string[] = [];
  const say: Say = (message) => found.push(message);
  if (spec.hostNetwork === true)
    say("the pod is in its node's network, and reaches all that the node reaches");
  if (spec.hostPID === true) say("the pod sees the processes of its node");
  if (spec.hostIPC === true) say("the pod shares memory with its node");
  if (spec.automountServiceAccountToken !== false) say("the server gets a token of the API server");
  if (spec.enableServiceLinks !== false) say("the server is told of all Services of its namespace");
  const ofPod = objectOf(spec.securityContext);
  if (listOf(ofPod.sysctls).length > 0) say("the pod changes settings of the kernel");
  for (const volume of listOf(spec.volumes)) lookAtVolume(volume, say);
  for (const container of [...listOf(spec.initContainers), ...listOf(spec.containers)]) {
    const who = container.name === serverContainer ? "the server" : `the container ${String(container.name)}`;
    lookAtContainer(container, ofPod, (what) => say(`${who} ${what}`));
  }
  return found;
}

function lookAtVolume(volume: JsonObject, say: Say): void {
  const { name, projected, ...kinds } = volume;
  const what = `the volume ${String(name)}`;
  if (listOf(objectOf(projected).sources).some((source) => "serviceAccountToken" in source))
    say(`${what} holds a token of the API server`);
  for (const kind of Object.keys(kinds)) {
    if (kind === "hostPath") say(`${what} shows files of the node`);
    else if (!restrictedVolumes.has(kind)) say(`${what} is of the kind ${kind}, past the restricted profile`);
  }
}

function lookAtContainer(container: JsonObject, ofPod: JsonObject, say: Say): void {
  const own = { ...ofPod, ...objectOf(container.securityContext) };
  const { drop, add } = objectOf(own.capabilities);
  if (own.privileged === true) say("is privileged, and rules its node");
  if (objectOf(own.windowsOptions).hostProcess === true) say("is a process of its node");
  if (own.allowPrivilegeEscalation !== false) say("can get further rights, for example by programs of root");
  if (!(Array.isArray(drop) && drop.includes("ALL"))) say("keeps capabilities; drop ALL");
  for (const name of Array.isArray(add) ? add : []) say(`gets the capability ${String(name)}`);
  if (own.runAsNonRoot !== true || own.runAsUser === 0) say("may run as root");
  if (own.readOnlyRootFilesystem !== true)
    say("can change its own files, and fill the node's disk with them");
  if (!isConfined(own.seccompProfile)) say("may make every system call: no seccomp profile is set");
  if (own.appArmorProfile !== undefined && !isConfined(own.appArmorProfile))
    say("is not confined by AppArmor");
  if (own.seLinuxOptions !== undefined) say("has SELinux options of its own");
  if (own.procMount !== undefined && own.procMount !== "Default") say("sees and changes all of /proc");
  lookAtLimits(container, say);
  lookAtNetwork(container, say);
}

function lookAtLimits({ resources }: JsonObject, say: Say): void {
  const limits = objectOf(objectOf(resources).limits);
  const isBounded = (kind: string) => limits[kind] !== undefined && amountOf(String(limits[kind])) > 0;
  if (!isBounded("memory")) say("can take all memory of its node");
  if (!isBounded("cpu")) say("can take all processors of its node");
}

function lookAtNetwork(container: JsonObject, say: Say): void {
  for (const { hostPort } of listOf(container.ports))
    if (typeof hostPort === "number" && hostPort > 0)
      say(`is reached past the gateway by whoever reaches port ${hostPort} of its node`);
  const handlers = [...hooks.map((hook) => container[hook]), ...Object.values(objectOf(container.lifecycle))];
  if (handlers.some((handler) => hostOf(handler, "httpGet") || hostOf(handler, "tcpSocket")))
    say("has its node call another host");
}

function hostOf(handler: unknown, way: "httpGet" | "tcpSocket"): unknown {
  return objectOf(objectOf(handler)[way]).host;
}

function isConfined(profile: unknown): boolean {
  const { type } = objectOf(profile);
  return type === "RuntimeDefault" || type === "Localhost";
}

function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {};
}

function listOf(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}
