import { randomUUID } from "node:crypto";
import { getEventListeners } from "node:events";
import { readdirSync } from "node:fs";
import { connectRaw, scriptedServer } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { kubernetesRuntime } from "../src/index.ts";
import { describeWithCluster } from "./support/cluster.ts";
import { kitNamespace, podOf } from "./support/kit-pod.ts";
import { Objects } from "./support/objects.ts";
import { startRequest } from "./support/start-request.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 600_000 });

/** One in five speaks HTTP. */
const starts = 100;
const atOnce = 5;
/** What Node opens for its own ends, and connections to the API server that are kept for the next request. */
const slack = 12;

describeWithCluster("a hundred starts and stops", (cluster) => {
  const namespace = kitNamespace(cluster);

  test("leave no Job, no pod and no lease, and in this process no open file and no listener", async () => {
    const objects = new Objects(cluster, namespace);
    const owner = `test-${randomUUID()}`;
    const { signal } = new AbortController();
    const [runtime] = kubernetesRuntime({ hostEnv: { KUBECONFIG: cluster.kubeconfig } });

    const once = async (way: "stdio" | "http") => {
      const request = await startRequest(runtime, podOf(way, scriptedServer(), namespace), { owner, signal });
      await using instance = await runtime.start(request);
      const client = await connectRaw(instance.transport);
      await client.initialize();
      expect(await client.call("echo", { text: "here" })).toBe("here");
    };
    const run = async (count: number) => {
      let next = 0;
      const work = async () => {
        for (let index = next++; index < count; index = next++)
          await once(index % 5 === 4 ? "http" : "stdio");
      };
      await Promise.all(Array.from({ length: atOnce }, work));
    };

    // What is made once for all.
    await run(2 * atOnce);
    const before = openFiles();
    const start = performance.now();
    await run(starts);
    const seconds = (performance.now() - start) / 1000;
    const after = openFiles();

    process.stdout.write(
      `${starts} starts and stops in ${seconds.toFixed(0)} s, ${atOnce} at once; open files ${before} → ${after}\n`,
    );
    expect(await objects.jobs(owner)).toEqual([]);
    expect(await objects.pods(owner)).toEqual([]);
    expect(after).toBeLessThanOrEqual(before + slack);
    expect(getEventListeners(signal, "abort")).toHaveLength(0);
    await runtime[Symbol.asyncDispose]?.();
    expect(await objects.namesOf(owner)).toEqual([]);
  });
});

function openFiles(): number {
  return readdirSync("/proc/self/fd").length;
}
