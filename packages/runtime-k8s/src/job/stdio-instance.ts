import {
  type Exit,
  type InstanceV1,
  lineTransport,
  logLines,
  type StartRequest,
  within,
} from "@omg/core/runtime";
import { attach } from "../cluster/channels.ts";
import type { ClusterFailure } from "../cluster/cluster-failure.ts";
import { PodTrouble } from "../pods.ts";
import type { JobOptions } from "./job-options.ts";
import { serverContainer } from "./job-spec.ts";
import type { RunningJob } from "./start-job.ts";

/** From the end of its input to SIGTERM. */
const inputEndMs = 2_000;
/** Time for what a server has written to arrive, and for the cluster to tell how it ended. */
const lastWordsMs = 500;
/** The cluster tells of an end only after the connection has told. */
const lateNewsMs = 3_000;
/** A node that has much to do tells of it later still. */
const lastNewsMs = 7_000;

/**
 * Looks after a running Job, with which one speaks over its stdin and stdout, until nothing of it is left. Rejects with a
 * `PodTrouble` or a `ClusterFailure`, and leaves the Job to its caller then.
 */
export async function stdioInstance(
  job: RunningJob,
  { signal, log }: StartRequest<JobOptions>,
): Promise<InstanceV1> {
  const { cluster, namespace, podName, pod } = job;
  const connection = await attach(cluster, {
    namespace,
    pod: podName,
    container: serverContainer,
    stdin: true,
    signal,
  }).catch(async (error: ClusterFailure) => {
    // One that has ended already can not be attached to, and its end says more.
    if (error.status === undefined || !(await within(lateNewsMs, pod.ended))) throw error;
    throw new PodTrouble("exit_early", (await pod.ended).detail);
  });
  const { stdin, stdout, stderr, endsByHalves } = connection;
  const outputEnded = new Promise<void>((end) => stdout.once("end", end));
  let stopping: Promise<void> | undefined;

  logLines(stderr, (line) => log(line));
  const transport = lineTransport({
    input: stdout,
    output: stdin,
    dropCutOff: true,
    eager: true,
    beforeLastLine: () => within(lateNewsMs, exited),
    // How the pod ended is known a moment later, and calls in flight are to hear it.
    onInputEnd: () => void loseUnlessEnded(),
    onEnd: (byRequest) => void (byRequest ? stop() : loseUnlessEnded()),
  });
  const exited = pod.ended.then(async ({ reason, detail }): Promise<Exit> => {
    await within(lastWordsMs, outputEnded);
    return { reason: stopping ? "stopped" : reason, detail };
  });
  const closed = exited.then(async () => {
    // One more turn of the event loop: what has arrived is read before the transport ends.
    await new Promise((next) => setImmediate(next));
    await transport.close();
  });

  /** A pod with which one can not speak any more is of no use, even if it runs on. */
  async function loseUnlessEnded(): Promise<void> {
    if (await within(pod.isLeaving ? lastWordsMs : lateNewsMs, pod.ended)) return;
    const mayEnd = !pod.isLeaving && (await pod.isKnown());
    if (mayEnd && (await within(lastNewsMs, pod.ended))) return;
    if (!stopping) pod.giveUp(pod.isLeaving ? "its pod is being removed" : "the connection to its pod broke");
  }

  function stop(): Promise<void> {
    stopping ??= climbDown();
    return stopping;
  }

  async function climbDown(): Promise<void> {
    // Where that would end the connection too, the server's last words are worth more.
    if (endsByHalves) stdin.end();
    stdout.resume();
    if (endsByHalves) await within(inputEndMs, pod.ended);
    await job.remove();
    await closed;
    connection.destroy();
  }

  return { id: podName, transport, exited, [Symbol.asyncDispose]: stop };
}
