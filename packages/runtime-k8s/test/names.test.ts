import { describe, expect, test } from "vitest";
import { jobSpec } from "../src/job/job-spec.ts";
import { instanceLabel, labelsOf, labelValue, objectNameOf, ownerLabel } from "../src/ownership/names.ts";
import { describeWithCluster, testNamespace } from "./support/cluster.ts";
import { jobRequest } from "./support/start-request.ts";

const servers = [
  ...["tickets", "Tickets", "TICKETS", "tick ets", "tick-ets", "tick.ets", "-tick-ets-"],
  ...[
    "a,b=c",
    "a in (b,c)",
    "!a",
    "(a)",
    "a/b",
    "a:b",
    'a"b',
    "a'b",
    "a\\b",
    "a\nb",
    "{{a}}",
    "$(a)",
    "../a",
  ],
  ...["\u{1f600}", "\u{1f600}\u{1f600}", "日本", "中国", " ", "-", "--", "_", ".", "0", "true", "null"],
  ...["a".repeat(300), `${"a".repeat(299)}b`, `${"a".repeat(39)}-${"b".repeat(300)}`, "é".repeat(300)],
];
const owners = ["0123456789ab", "-odd-", "o".repeat(100), "o".repeat(101), "a b", ""];
const name = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const value = /^[A-Za-z0-9]([-\w.]{0,61}[A-Za-z0-9])?$/;

describe("the names of what is made for a server", () => {
  test.each(servers)("are such that clusters take them: %j", (server) => {
    const named = { server, instanceId: "one", owner: "us" };
    const found = objectNameOf(named);
    expect(found).toMatch(name);
    // A pod has the name of its Job and six characters more, and both are labels.
    expect(found.length + 6).toBeLessThanOrEqual(63);
    for (const label of Object.values(labelsOf(named))) expect(label).toMatch(value);
    expect(objectNameOf(named)).toBe(found);
  });

  test("are different ones for servers that look alike, and for instances of one", () => {
    const all = servers.flatMap((server) =>
      ["1", "2"].map((instanceId) => ({ server, instanceId, owner: "us" })),
    );
    expect(new Set(all.map(objectNameOf)).size).toBe(all.length);
    expect(new Set(all.map((named) => labelsOf(named)[instanceLabel])).size).toBe(all.length);
  });

  test("tell people which server it is", () => {
    expect(objectNameOf({ server: "GitHub (work)", instanceId: "x", owner: "" })).toMatch(
      /^omg-github-work-[0-9a-f]{10}$/,
    );
    expect(objectNameOf({ server: "日本", instanceId: "x", owner: "" })).toMatch(/^omg-[0-9a-f]{10}$/);
  });

  test("tell gateways apart, whatever they call themselves", () => {
    const values = owners.map(labelValue);
    for (const label of values) expect(label).toMatch(value);
    expect(new Set(values).size).toBe(owners.length);
    expect(values[0]).toBe(owners[0]);
  });
});

interface Found {
  readonly items: readonly { readonly metadata: { readonly name: string; readonly annotations: object } }[];
}

describeWithCluster("the labels of what is made for a server", (cluster) => {
  const namespace = testNamespace(cluster);
  const path = `/apis/batch/v1/namespaces/${namespace}/jobs`;
  const owner = "o".repeat(100);
  const select = async (label: string, value = "") => {
    const selector = encodeURIComponent(`${label}=${value}`);
    return (JSON.parse(await cluster.ask(`${path}?labelSelector=${selector}`)) as Found).items;
  };

  test("select it and nothing else", async () => {
    const config = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "owner" } };
    const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
    const made = JSON.parse(await cluster.ask(configMaps, { method: "POST", body: config }));
    const ofConfig = { apiVersion: "v1", kind: "ConfigMap", name: "owner", uid: made.metadata.uid };
    const requests = servers.map((server) =>
      jobRequest({ image: "acme/tickets:1" }, { server, instanceId: "one", owner }),
    );
    for (const request of requests) {
      const body = jobSpec(request, namespace, ofConfig) as { spec: object };
      // No pods: this is about names.
      await cluster.ask(path, { method: "POST", body: { ...body, spec: { ...body.spec, parallelism: 0 } } });
    }
    for (const request of requests) {
      const found = await select(instanceLabel, labelsOf(request)[instanceLabel]);
      expect(found.map(({ metadata }) => metadata)).toMatchObject([
        { name: objectNameOf(request), annotations: { "open-mcp-gateway.io/server": request.server } },
      ]);
    }
    expect(
      await select(ownerLabel, labelsOf({ server: "a", instanceId: "b", owner })[ownerLabel]),
    ).toHaveLength(servers.length);
  });
});
