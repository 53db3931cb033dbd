import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Cluster, type KubeObject } from "../src/cluster/cluster.ts";
import type { ClusterFailure } from "../src/cluster/cluster-failure.ts";
import { shareWatch } from "../src/cluster/shared-watch.ts";
import { FakeApiServer } from "./support/fake-api-server.ts";

const path = "/api/v1/namespaces/ns/pods";

let server: FakeApiServer;
let cluster: Cluster;
beforeEach(async () => {
  server = await FakeApiServer.start();
  cluster = new Cluster({ config: server.config() });
});
afterEach(async () => {
  await cluster[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

function listener(labelSelector = "owner=me") {
  const seen: string[][] = [];
  const failures: ClusterFailure[] = [];
  const onObjects = (items: readonly KubeObject[]) => seen.push(items.map(({ metadata }) => metadata.name));
  const end = shareWatch(cluster, { path, labelSelector }, onObjects, (failure) => failures.push(failure));
  return { seen, failures, end };
}

function pod(name: string) {
  return { metadata: { name, labels: { owner: "me" } } };
}

test("all who watch the same share one list and one watch, and those who come later know what is there", async () => {
  server.put(path, pod("one"));
  const early = [listener(), listener(), listener()];
  await server.until("watches", 1);
  const late = listener();
  await vi.waitFor(() => expect(late.seen).toEqual([["one"]]));
  server.put(path, pod("two"));
  for (const { seen } of [...early, late])
    await vi.waitFor(() => expect(seen.at(-1)).toEqual(["one", "two"]));
  expect([server.lists().length, server.watches().length]).toEqual([1, 1]);
  for (const { end } of [...early, late]) end();
});

test("others have their own", async () => {
  const both = [listener("owner=me"), listener("owner=other")];
  await server.until("watches", 2);
  for (const { end } of both) end();
});

test("it ends with the last who watches, and begins anew", async () => {
  const [one, two] = [listener(), listener()];
  await server.until("watches", 1);
  one.end();
  server.put(path, pod("later"));
  await vi.waitFor(() => expect(two.seen.at(-1)).toEqual(["later"]));
  expect(one.seen).toEqual([[]]);
  two.end();
  const three = listener();
  await vi.waitFor(() => expect(three.seen).toEqual([["later"]]));
  expect(server.lists()).toHaveLength(2);
  three.end();
});

test("an API server that is away is asked once for all, and all hear of it", async () => {
  await server.goAway();
  const both = [listener(), listener()];
  for (const { failures } of both) {
    await vi.waitFor(() => expect(failures.map(({ said }) => said)).toEqual(["ECONNREFUSED"]));
  }
  for (const { end } of both) end();
});
