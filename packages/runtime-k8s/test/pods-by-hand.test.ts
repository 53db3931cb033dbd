import type { OmgError } from "@omg/core/runtime";
import { scriptedServer } from "@omg/runtime-testkit";
import { expect, test, vi } from "vitest";
import { describeWithCluster } from "./support/cluster.ts";
import { kitNamespace, podOf, type Way, ways } from "./support/kit-pod.ts";
import { PodGateway } from "./support/pod-gateway.ts";

// Pods take their time on a machine that does much else.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const callers = 5;
/** A pod is asked to end first, and its grace time is a second. */
const toldWithinMs = 15_000;
const stuck = "acme.example/stuck";

interface Deed {
  readonly what: string;
  /** What is deleted, in the namespace `$`. */
  readonly deed: (pod: string, job: string) => string;
}

/** Of a pod that vanishes at once its node tells nothing. */
const byForce: Deed = {
  what: "pod is deleted by force",
  deed: (pod) => `/api/v1/namespaces/$/pods/${pod}?gracePeriodSeconds=0`,
};
const deeds: Readonly<Record<Way, readonly Deed[]>> = {
  stdio: [
    byForce,
    { what: "pod is deleted", deed: (pod) => `/api/v1/namespaces/$/pods/${pod}` },
    {
      what: "Job is deleted",
      deed: (_, job) => `/apis/batch/v1/namespaces/$/jobs/${job}?propagationPolicy=Background`,
    },
  ],
  http: [byForce],
};

for (const way of ways) {
  describeWithCluster(`a server over ${way}`, (cluster) => {
    const namespace = kitNamespace(cluster);
    const open = () =>
      PodGateway.open({ cluster, namespace, servers: { tested: podOf(way, scriptedServer(), namespace) } });

    test.each(deeds[way])(
      "whose $what by hand fails its calls, and the next call has a new one",
      async ({ deed }) => {
        await using gateway = await open();
        const calls = Array.from({ length: callers }, () =>
          gateway.call("tested", "sleep", { ms: 60_000 }).catch((error: unknown) => error),
        );
        await gateway.call("tested", "echo", { text: "after them" });
        const [pod] = await gateway.pods();
        const [job] = await gateway.jobs();
        const path = deed(pod?.metadata.name ?? "", job?.metadata.name ?? "").replace("$", namespace);

        const start = performance.now();
        await cluster.ask(path, { method: "DELETE" });
        for (const error of await Promise.all(calls)) {
          expect(error).toMatchObject({ reason: "upstream_closed", executed: "unknown", server: "tested" });
          expect((error as OmgError).message).toMatch(
            /exit code \d+|its pod (?:was|is being) removed|the connection to its pod broke|lost/,
          );
        }
        expect(performance.now() - start).toBeLessThan(toldWithinMs);

        expect(await gateway.call("tested", "echo", { text: "again" })).toBe("again");
        const after = await gateway.jobs();
        expect(after.map(({ metadata }) => metadata.uid)).not.toContain(job?.metadata.uid);
      },
    );

    test.each([
      ["pods", "/api/v1"],
      ["jobs", "/apis/batch/v1"],
    ] as const)("is let go of, though others hold on to its %s", async (kind, api) => {
      const gateway = await open();
      expect(await gateway.call("tested", "echo", { text: "a" })).toBe("a");
      const [object] = await gateway[kind]();
      const path = `${api}/namespaces/${namespace}/${kind}/${object?.metadata.name}`;
      await cluster.ask(path, { method: "PATCH", body: { metadata: { finalizers: [stuck] } } });
      expect(await gateway.end()).toBeLessThan(toldWithinMs);
      // It is on its way, and goes as soon as they let go, too.
      expect(JSON.parse(await cluster.ask(path)).metadata.deletionTimestamp).toBeDefined();
      await cluster.ask(path, { method: "PATCH", body: { metadata: { finalizers: null } } });
    });
  });
}
