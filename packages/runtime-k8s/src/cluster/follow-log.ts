import { PassThrough } from "node:stream";
import { setTimeout as pause } from "node:timers/promises";
import { logLines } from "@omg/core/runtime";
import type { Cluster } from "./cluster.ts";
import { ClusterFailure } from "./cluster-failure.ts";

export interface FollowOptions {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** The end of the pod. */
  readonly until: Promise<unknown>;
  readonly log: (line: string) => void;
  /** From one attempt to the next, where a log breaks off. Default: 5 s. */
  readonly everyMs?: number;
}

/** Time for the last lines to arrive. */
const lastLinesMs = 1_000;

/**
 * Hands on what a container writes, as far as it can be had. A log that breaks off is no failure of its server: it is taken up
 * again, where a line may come twice rather than not at all. Never rejects.
 */
export async function followLog(cluster: Cluster, options: FollowOptions): Promise<void> {
  const { namespace, pod, container, until, log, everyMs = 5_000 } = options;
  const ended = new AbortController();
  const { signal } = ended;
  let isOver = false;
  void until.then(() => {
    isOver = true;
    setTimeout(() => ended.abort(), lastLinesMs).unref();
  });
  const lines = new PassThrough();
  logLines(lines, log);
  const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log`;
  let readAt: number | undefined;
  while (!signal.aborted) {
    const sinceSeconds = readAt === undefined ? undefined : secondsSince(readAt);
    try {
      const query = { container, follow: true, sinceSeconds };
      for await (const chunk of cluster.read(path, { query, signal })) {
        lines.write(chunk);
        readAt = performance.now();
      }
    } catch (error) {
      // It may not be allowed to read logs.
      if (ClusterFailure.of(error).isRefusal) break;
    }
    if (isOver) break;
    await pause(everyMs, undefined, { signal, ref: false }).catch(() => {});
  }
  lines.end();
}

/** At least one, as Kubernetes wants it. */
function secondsSince(at: number): number {
  return Math.ceil((performance.now() - at) / 1000) || 1;
}
