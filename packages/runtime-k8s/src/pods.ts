import type { KubeObject } from "./cluster/cluster.ts";

/** A pod, as far as anybody here looks (Kubernetes API, core/v1 Pod). */
export interface Pod extends KubeObject {
  readonly status?: {
    readonly phase?: "Pending" | "Running" | "Succeeded" | "Failed" | "Unknown";
    readonly podIP?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly {
      readonly type: string;
      readonly status: string;
      readonly reason?: string;
      readonly message?: string;
    }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: object;
    readonly terminated?: Terminated;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

/** Why a pod will not run. */
export class PodTrouble extends Error {
  /** A word for the error. */
  readonly detail: string;

  constructor(detail: string, why: string) {
    super(why);
    this.detail = detail;
  }
}

/** What a pod's state means to somebody who waits for it or uses it. */
export type PodState =
  | { readonly is: "coming"; readonly why: string }
  /** It will not come by itself; `detail` is a word for the error. */
  | { readonly is: "stuck"; readonly detail: string; readonly why: string }
  /** No node takes it, as long as there are no others. */
  | { readonly is: "unplaced"; readonly why: string }
  | { readonly is: "running" }
  | { readonly is: "ended"; readonly detail: string };

/** Words of the kubelet that more patience does not help. */
const stuckReasons: Readonly<Record<string, { readonly detail: string; readonly fix: string }>> = {
  ErrImagePull: { detail: "image_pull_failed", fix: "Correct the image, or add image_pull_secrets." },
  ImagePullBackOff: { detail: "image_pull_failed", fix: "Correct the image, or add image_pull_secrets." },
  ErrImageNeverPull: {
    detail: "image_pull_failed",
    fix: "No node has the image, and image_pull_policy is Never.",
  },
  InvalidImageName: { detail: "image_pull_failed", fix: "Correct the image's name." },
  CreateContainerConfigError: {
    detail: "config",
    fix: "A config map or secret that it needs may be missing.",
  },
  CreateContainerError: { detail: "container", fix: "Correct command and volumes." },
  RunContainerError: { detail: "container", fix: "Correct command and volumes." },
  CrashLoopBackOff: { detail: "crash_loop", fix: "It ends again and again; its log says why." },
};

/** Reads a pod's state. `container`: the one that matters. */
export function stateOf(pod: Pod, container: string): PodState {
  const { metadata, status = {} } = pod;
  const main = status.containerStatuses?.find(({ name }) => name === container);
  if (main?.state?.terminated || hasEnded(pod)) return { is: "ended", detail: endOf(pod, main) };
  // Also what is asked to end may have last words.
  if (main?.state?.running) return { is: "running" };
  if (metadata.deletionTimestamp !== undefined) return { is: "ended", detail: "its pod is being deleted" };
  for (const { state } of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const { reason = "", message = "" } = state?.waiting ?? {};
    const { detail, fix } = stuckReasons[reason] ?? {};
    if (detail !== undefined)
      return { is: "stuck", detail, why: `${reason}${message && `: ${message}`}. ${fix}` };
  }
  return beforeItRuns(pod, main);
}

/** A node that does not answer any more may still run it, but nobody can speak to it there. */
function hasEnded({ status = {} }: Pod): boolean {
  const { phase = "Pending", reason } = status;
  return ["Failed", "Succeeded", "Unknown"].includes(phase) || reason === "NodeLost";
}

function beforeItRuns({ status = {} }: Pod, main: ContainerStatus | undefined): PodState {
  const scheduled = status.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False" && scheduled.reason === "Unschedulable") {
    return { is: "unplaced", why: `no node takes it: ${scheduled.message ?? "Unschedulable"}` };
  }
  if (scheduled?.status !== "True") return { is: "coming", why: "waiting for a node" };
  const waiting = main?.state?.waiting?.reason;
  return { is: "coming", why: waiting === undefined ? "being set up" : wordsFor(waiting) };
}

/** Why a pod in this state will not run, if so. `waitsForNode`: a node may yet come. */
export function troubleIn(state: PodState, waitsForNode: boolean): PodTrouble | undefined {
  if (state.is === "stuck") return new PodTrouble(state.detail, state.why);
  if (state.is !== "unplaced" || waitsForNode) return undefined;
  return new PodTrouble("unschedulable", `${state.why} Where nodes are added on demand, set wait_for_node.`);
}

function endOf({ metadata, status = {} }: Pod, main: ContainerStatus | undefined): string {
  const terminated = main?.state?.terminated;
  if (terminated?.reason === "OOMKilled") return "out of memory (OOMKilled)";
  // Evicted, DeadlineExceeded, NodeLost …: the pod's own words say more than an exit code.
  if (status.reason !== undefined) return withWords(status.reason, status.message);
  if (terminated) {
    // Nodes do not always notice whose doing it was.
    const isKilled = terminated.exitCode === 137 && metadata.deletionTimestamp === undefined;
    return exitOf(terminated) + (isKilled ? " (killed, as for want of memory)" : "");
  }
  const failed = status.initContainerStatuses?.find(({ state }) => (state?.terminated?.exitCode ?? 0) !== 0);
  if (failed?.state?.terminated) return `its container ${failed.name}: ${exitOf(failed.state.terminated)}`;
  return status.phase === "Succeeded" ? "exit code 0" : "its pod failed";
}

function exitOf({ exitCode, reason = "", message }: Terminated): string {
  const isPlain = ["", "Error", "Completed"].includes(reason);
  return withWords(`exit code ${exitCode}${isPlain ? "" : ` (${reason})`}`, message);
}

function withWords(what: string, words = ""): string {
  return words.trim() === "" ? what : `${what}: ${words.trim()}`;
}

function wordsFor(reason: string): string {
  return reason === "ContainerCreating" ? "fetching the image and setting up" : reason;
}
