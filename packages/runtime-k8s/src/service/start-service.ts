import type { Exit, InstanceV1, StartRequest } from "@omg/core/runtime";
import type { InstanceConversation } from "@omg/upstream-http";
import type { Place } from "../clusters.ts";
import type { Belongings } from "../ownership/belongings.ts";
import { podConversation } from "../pod-conversation.ts";
import { selectionOf } from "./selection.ts";
import type { ServiceOptions } from "./service-options.ts";
import { type ServingPod, ServingPods } from "./serving-pods.ts";

export interface ServiceParts extends Place {
  readonly belongings: Belongings;
  readonly request: StartRequest<ServiceOptions>;
  /** How many instances of this gateway use each pod, by its uid. */
  readonly inUse: Map<string, number>;
}

/** What a cluster needs to mark pods that are to go. */
const markMs = 5_000;

/**
 * Reaches a server behind a Service or a Deployment, which is scaled up for it. The conversation stays with one pod, since a session
 * is known there only, and ends with it; when the pod is to go, calls in flight may finish. Rejects, and has then let go of
 * everything.
 */
export async function startService(parts: ServiceParts): Promise<InstanceV1> {
  const { cluster, namespace, belongings, request, isInside, inUse } = parts;
  const { options, signal, progress } = request;
  const { deployment } = options;
  const selection = await selectionOf(cluster, namespace, options);
  let pods: ServingPods | undefined;
  try {
    if (deployment !== undefined) await belongings.deployments.use(deployment, options);
    const waitsForNode = options.wait_for_node;
    pods = new ServingPods({ cluster, namespace, selection, inUse, waitsForNode, progress });
    return await instanceOn(await pods.ready(signal), pods);
  } catch (error) {
    await leave();
    throw error;
  }

  async function leave(): Promise<void> {
    if (deployment !== undefined) {
      const replicas = await belongings.deployments.unuse(deployment);
      // A start that follows must not take a pod for ready that is about to go.
      if (replicas !== undefined) await pods?.atMost(replicas, AbortSignal.timeout(markMs)).catch(() => {});
    }
    pods?.[Symbol.dispose]();
  }

  async function instanceOn(pod: ServingPod, serving: ServingPods): Promise<InstanceV1> {
    const ended = new AbortController();
    const gone = untilAborted(serving.gone(pod, ended.signal));
    const { name, port, address } = pod;
    const conversation = podConversation({
      cluster,
      namespace,
      pod: name,
      port,
      address: isInside ? address : undefined,
      path: options.path,
      ended: gone,
    });
    count(inUse, pod.uid, 1);
    const letGo = async () => {
      ended.abort();
      count(inUse, pod.uid, -1);
      await conversation.end();
    };
    try {
      await conversation.answers(signal);
    } catch (error) {
      await letGo();
      throw error;
    }
    return {
      id: `${name}:${port}`,
      transport: conversation.transport,
      leaving: untilAborted(serving.leaving(pod, ended.signal)),
      ...ending(conversation, gone, async () => {
        await letGo();
        await leave();
      }),
    };
  }
}

/** How an instance ends: by us, or because its pod is gone. */
function ending(
  { transport, end }: InstanceConversation,
  gone: Promise<string>,
  letGo: () => Promise<void>,
): Pick<InstanceV1, "exited"> & AsyncDisposable {
  const stopped = Promise.withResolvers<Exit>();
  let disposal: Promise<void> | undefined;
  const exited = Promise.race([gone.then((detail): Exit => ({ reason: "lost", detail })), stopped.promise]);
  void gone.then(end);
  const dispose = async () => {
    await Promise.race([transport.close(), gone]);
    stopped.resolve({ reason: "stopped", detail: "was disconnected" });
    await letGo();
  };
  return {
    exited,
    [Symbol.asyncDispose]() {
      disposal ??= dispose();
      return disposal;
    },
  };
}

/** What is waited for no more never happens. */
function untilAborted<T>(event: Promise<T>): Promise<T> {
  return event.catch(() => new Promise(() => {}));
}

function count(inUse: Map<string, number>, uid: string, change: number): void {
  const now = (inUse.get(uid) ?? 0) + change;
  if (now > 0) inUse.set(uid, now);
  else inUse.delete(uid);
}
