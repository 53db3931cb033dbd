import { expect, test } from "vitest";
import { jobSpec } from "../src/job/job-spec.ts";
import { amountOf } from "../src/job/resources.ts";
import { describeWithCluster, testNamespace } from "./support/cluster.ts";
import { entries } from "./support/entries.ts";
import { jobRequest } from "./support/start-request.ts";

const owner = { apiVersion: "v1", kind: "Pod", name: "gateway", uid: "1234" };

/** Where a cluster has kept nothing, or something else, of what it was sent. */
function lost(sent: unknown, kept: unknown, path = ""): string[] {
  if (typeof sent === "object" && sent !== null)
    return Object.entries(sent).flatMap(([key, value]) =>
      lost(value, (kept as Record<string, unknown> | undefined)?.[key], `${path}.${key}`),
    );
  // What says nothing need not be kept, and quantities have a form of their own.
  const isSame = sent === kept || (kept === undefined && (sent === false || sent === ""));
  const isSameAmount = /^\d/.test(String(sent)) && amountOf(String(sent)) === amountOf(String(kept));
  return isSame || isSameAmount ? [] : [`${path}: ${JSON.stringify(sent)} ${JSON.stringify(kept)}`];
}

describeWithCluster("a cluster takes the Job of an entry, and forgets nothing of it:", (cluster) => {
  const namespace = testNamespace(cluster);

  test.each([{ options: {} }, ...entries])("$options", async ({ options }) => {
    const sent = jobSpec(jobRequest({ image: "acme/tickets:1", ...options }), namespace, owner);
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs?dryRun=All`;
    const kept: unknown = JSON.parse(await cluster.ask(path, { method: "POST", body: sent }));
    expect(lost(sent, kept)).toEqual([]);
  });

  test("which is seen where it does forget", async () => {
    const sent = jobSpec(
      jobRequest({ image: "acme/tickets:1", pod_overrides: { noSuchField: 1, priority: null } }),
      namespace,
      owner,
    );
    const path = `/apis/batch/v1/namespaces/${namespace}/jobs?dryRun=All`;
    const kept: unknown = JSON.parse(await cluster.ask(path, { method: "POST", body: sent }));
    expect(lost(sent, kept)).toEqual([".spec.template.spec.noSuchField: 1 undefined"]);
  });
});
