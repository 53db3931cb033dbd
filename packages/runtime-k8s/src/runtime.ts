import type { InstanceV1, RuntimeFactoryOptions, RuntimeV1, StartRequest } from "@omg/core/runtime";
import { Clusters, type Place, type Placed } from "./clusters.ts";
import { givenUp, startFailure } from "./failures.ts";
import { type JobOptions, jobOptions } from "./job/job-options.ts";
import { startJob } from "./job/start-job.ts";
import type { Belongings } from "./ownership/belongings.ts";
import { remarksOn } from "./remarks.ts";
import { type ServiceOptions, serviceOptions } from "./service/service-options.ts";
import { startService } from "./service/start-service.ts";

/** `hostEnv`: where the cluster is (KUBECONFIG and the like), and the home of its user. Default: none. */
export type KubernetesRuntimeOptions = RuntimeFactoryOptions;

/**
 * Runs servers on Kubernetes: `k8s-job` makes a Job for each instance, `k8s-service` reaches what runs behind a Service or scales a
 * Deployment for it.
 */
export function kubernetesRuntime({
  hostEnv = {},
}: KubernetesRuntimeOptions = {}): [RuntimeV1<JobOptions>, RuntimeV1<ServiceOptions>] {
  const clusters = new Clusters(hostEnv);
  const inUse = new Map<string, number>();
  return [
    onClusters(clusters, {
      name: "k8s-job",
      options: jobOptions,
      remarks: remarksOn,
      start: (start) => startJob(start),
    }),
    onClusters(clusters, {
      name: "k8s-service",
      options: serviceOptions,
      start: (start) => startService({ ...start, inUse }),
    }),
  ];
}

interface Start<Options> extends Place {
  readonly belongings: Belongings;
  readonly request: StartRequest<Options>;
}

interface Kind<Options> extends Pick<RuntimeV1<Options>, "name" | "options" | "remarks"> {
  start(start: Start<Options>): Promise<InstanceV1>;
}

/** What both types have in common: they find the cluster, say what is wrong with it, and end what they have started. */
function onClusters<Options extends Placed>(
  clusters: Clusters,
  { start, ...kind }: Kind<Options>,
): RuntimeV1<Options> {
  const running = new Set<InstanceV1>();
  return {
    specVersion: "v1",
    ...kind,
    async start(request) {
      if (request.signal.aborted) throw givenUp(request);
      clusters.enter(kind.name);
      const place = await clusters.placeOf(request);
      const belongings = clusters.belongings(place, request.owner);
      const instance = await start({ ...place, belongings, request }).catch((error) => {
        throw request.signal.aborted ? givenUp(request) : startFailure(request.server, place.cluster, error);
      });
      running.add(instance);
      void instance.exited.then(() => instance[Symbol.asyncDispose]()).then(() => running.delete(instance));
      return instance;
    },
    sweep: (request) => clusters.sweep(request),
    async [Symbol.asyncDispose]() {
      await Promise.all([...running].map((instance) => instance[Symbol.asyncDispose]()));
      await clusters.leave(kind.name);
    },
  };
}
