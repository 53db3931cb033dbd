import type { Exit, InstanceV1, StartRequest } from "@omg/core/runtime";
import { followLog } from "../cluster/follow-log.ts";
import { podConversation } from "../pod-conversation.ts";
import { PodTrouble } from "../pods.ts";
import type { Ended } from "./instance-pod.ts";
import type { JobOptions } from "./job-options.ts";
import { serverContainer } from "./job-spec.ts";
import type { RunningJob } from "./start-job.ts";

/**
 * Looks after a running Job that serves HTTP, until nothing of it is left. Resolves once it answers; rejects with a `PodTrouble` or
 * a `ClusterFailure`, and leaves the Job to its caller then.
 */
export async function httpInstance(
  job: RunningJob,
  { options, signal, log }: StartRequest<JobOptions>,
  isInside: boolean,
): Promise<InstanceV1> {
  const { cluster, namespace, podName, podAddress, pod } = job;
  const { transport, answers, end } = podConversation({
    cluster,
    namespace,
    pod: podName,
    port: options.port ?? 0,
    address: isInside ? podAddress : undefined,
    path: options.path,
    ended: pod.ended.then(wordsFor),
  });
  const endedEarly = new AbortController();
  void pod.ended.then(({ detail }) => endedEarly.abort(new PodTrouble("exit_early", detail)));
  const until = pod.ended;
  const told = followLog(cluster, { namespace, pod: podName, container: serverContainer, until, log });
  await answers(AbortSignal.any([signal, endedEarly.signal])).catch(async (error) => {
    await end();
    // What it wrote says why it ended.
    if (endedEarly.signal.aborted) await told;
    throw error;
  });
  let stopping: Promise<void> | undefined;
  const exited = pod.ended.then(async ({ reason, detail }): Promise<Exit> => {
    const isOurs = stopping !== undefined;
    await end();
    return { reason: isOurs ? "stopped" : reason, detail };
  });

  function stop(): Promise<void> {
    stopping ??= takeDown();
    return stopping;
  }

  async function takeDown(): Promise<void> {
    await Promise.race([transport.close(), pod.ended]);
    await job.remove();
    await exited;
  }

  return { id: podName, transport, exited, [Symbol.asyncDispose]: stop };
}

function wordsFor({ reason, detail }: Ended): string {
  return reason === "lost" ? `its pod was lost: ${detail}` : `its pod ended: ${detail}`;
}
