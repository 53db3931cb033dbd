import { type InstanceConversation, instanceConversation } from "@omg/upstream-http";
import type { Cluster } from "./cluster/cluster.ts";
import { type ForwardTarget, forward } from "./cluster/port-forward.ts";

export interface PodTarget extends Omit<ForwardTarget, "signal"> {
  readonly cluster: Cluster;
  /** Where the pod is, if it can be reached there; else the API server forwards. */
  readonly address: string | undefined;
  readonly path: string;
  /** In words, how the pod came to its end, or that it is of no use any more. */
  readonly ended: Promise<string>;
}

const connectMs = 5_000;

/** MCP over HTTP with a pod. */
export function podConversation(target: PodTarget): InstanceConversation {
  const { address, pod, port, path, ended } = target;
  if (address === undefined) {
    const url = new URL(`http://${pod}.pod:${port}${path}`);
    return instanceConversation({ url, ended, connect: (_options, done) => void connect(target, done) });
  }
  const host = address.includes(":") ? `[${address}]` : address;
  return instanceConversation({ url: new URL(`http://${host}:${port}${path}`), ended });
}

type Connected = Parameters<NonNullable<Parameters<typeof instanceConversation>[0]["connect"]>>[1];

/** undici takes any duplex for a socket. */
async function connect({ cluster, ...target }: PodTarget, done: Connected): Promise<void> {
  try {
    const socket = await forward(cluster, { ...target, signal: AbortSignal.timeout(connectMs) });
    done(null, socket as never);
  } catch (error) {
    done(error as Error, null);
  }
}
