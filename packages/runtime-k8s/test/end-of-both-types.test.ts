import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { scriptedServer } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { kubernetesRuntime } from "../src/index.ts";
import { describeWithCluster } from "./support/cluster.ts";
import { kitNamespace, podOf } from "./support/kit-pod.ts";
import { Objects } from "./support/objects.ts";
import { startRequest } from "./support/start-request.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000 });

describeWithCluster("both types, ended at once when only one was used,", (cluster) => {
  const namespace = kitNamespace(cluster);

  test("leave no lease", async () => {
    const owner = `test-${randomUUID()}`;
    const types = kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } });
    const request = await startRequest(types[0], podOf("stdio", scriptedServer(), namespace), { owner });
    const instance = await types[0].start(request);
    await instance[Symbol.asyncDispose]();
    // The runtime has taken notice, too: nothing holds its end up.
    await setImmediate();
    await Promise.all(types.map((type) => type[Symbol.asyncDispose]?.()));
    expect(await new Objects(cluster, namespace).namesOf(owner)).toEqual([]);
  });
});
