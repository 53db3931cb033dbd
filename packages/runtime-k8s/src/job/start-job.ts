import { type InstanceV1, type StartRequest, unless } from "@omg/core/runtime";
import type { Cluster, KubeObject } from "../cluster/cluster.ts";
import { ClusterFailure } from "../cluster/cluster-failure.ts";
import type { Place } from "../clusters.ts";
import { type Belongings, jobsPath, removeJob } from "../ownership/belongings.ts";
import { instanceLabel, labelsOf, objectNameOf, ownedBy } from "../ownership/names.ts";
import { type Pod, PodTrouble } from "../pods.ts";
import { InstancePod } from "./instance-pod.ts";
import type { JobOptions } from "./job-options.ts";
import { jobSpec, serverContainer } from "./job-spec.ts";
import { stdioInstance } from "./stdio-instance.ts";
import { troublingEvents } from "./troubling-events.ts";

export interface JobParts extends Place {
  readonly belongings: Belongings;
  readonly request: StartRequest<JobOptions>;
}

/** A Job whose pod runs, and what can be done with it. */
export interface RunningJob {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly podName: string;
  readonly podAddress: string | undefined;
  readonly pod: InstancePod;
  /** Asks the pod to end, and ends it after its grace time; resolves when it has ended. Never rejects. */
  remove(): Promise<void>;
}

/** What the cluster needs for a removal, on top of the grace time. */
const removalMs = 10_000;

/** Makes the Job of an instance, and waits until its server can be spoken to. Rejects, and has then left nothing. */
export async function startJob(parts: JobParts): Promise<InstanceV1> {
  const { cluster, namespace, belongings, request, isInside } = parts;
  const { signal, progress, options } = request;
  const name = objectNameOf(request);
  const label = labelsOf(request)[instanceLabel] ?? "";
  let pod: InstancePod | undefined;

  async function remove(): Promise<void> {
    try {
      await removeJob(cluster, namespace, name);
      await pod?.remove(options.grace_period_seconds * 1000 + removalMs);
    } catch {
      belongings.doubt();
    }
    pod?.[Symbol.dispose]();
    belongings.unwant(label);
  }

  async function runningPod(pod: InstancePod): Promise<Pod> {
    const looking = new AbortController();
    const failing = troublingEvents(cluster, namespace, name, looking.signal);
    try {
      return await unless(signal, Promise.race([pod.running, failing]));
    } catch (error) {
      if (error instanceof PodTrouble && error.detail === "exit_early") await pod.tellWords(request.log);
      throw error;
    } finally {
      looking.abort();
    }
  }

  const owner = await belongings.ownerReference();
  belongings.want(label);
  try {
    const job = await create(parts, jobSpec(request, namespace, owner));
    const labelSelector = ownedBy(request.owner);
    const container = serverContainer;
    const waitsForNode = options.wait_for_node;
    pod = new InstancePod({ cluster, namespace, labelSelector, job, container, waitsForNode, progress });
    const { metadata, status } = await runningPod(pod);
    const running = { cluster, namespace, podName: metadata.name, podAddress: status?.podIP, pod, remove };
    if (options.transport === "stdio") return await stdioInstance(running, request);
    const { httpInstance } = await import("./http-instance.ts");
    return await httpInstance(running, request, isInside);
  } catch (error) {
    // Whoever waits for the start need not wait for that too.
    belongings.finish(remove());
    throw error instanceof PodTrouble && error.detail === "exit_early"
      ? new PodTrouble("exit_early", `it ended before it was ready: ${error.message}`)
      : error;
  }
}

/** The uid of the Job. An answer that got lost may have been for this very Job: its label says so. */
async function create({ cluster, namespace, belongings, request }: JobParts, body: object): Promise<string> {
  try {
    // A typing error in pod_overrides is refused; clusters before 1.25 forget what they do not know.
    const query = { fieldValidation: "Strict" };
    const { signal } = request;
    return uidOf(await cluster.ask("POST", jobsPath(namespace), { query, body, signal }));
  } catch (error) {
    if (!(error instanceof ClusterFailure)) throw error;
    // Whether it was made nobody knows; if so, it may be late.
    if (error.isSilence) belongings.doubt();
    if (!error.isConflict) throw error;
    const job = await cluster.ask<KubeObject>("GET", `${jobsPath(namespace)}/${objectNameOf(request)}`);
    if (job.metadata.labels?.[instanceLabel] !== labelsOf(request)[instanceLabel]) throw error;
    return uidOf(job);
  }
}

function uidOf({ metadata }: KubeObject): string {
  return metadata.uid ?? "";
}
