import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Cluster, type KubeObject } from "../src/cluster/cluster.ts";
import type { ClusterFailure } from "../src/cluster/cluster-failure.ts";
import { watchObjects } from "../src/cluster/watch-objects.ts";
import {
  type Asked,
  breaksOff,
  type ChooseFault,
  FakeApiServer,
  type Fault,
  refused,
  says,
} from "./support/fake-api-server.ts";

const pods = "/api/v1/namespaces/ns/pods";
/** Time between lists, instead of 5 s. */
const everyMs = 200;

let server: FakeApiServer;
beforeEach(async () => {
  server = await FakeApiServer.start();
});
afterEach(() => server[Symbol.asyncDispose]());

/** Watches until the test's end. */
function view({ silenceMs }: { silenceMs?: number } = {}) {
  const seen: string[][] = [];
  const failures: ClusterFailure[] = [];
  const closing = new AbortController();
  const cluster = new Cluster({ config: server.config(), ...(silenceMs ? { silenceMs } : {}) });
  const done = watchObjects<KubeObject>(
    cluster,
    { path: pods, labelSelector: "a=b", signal: closing.signal, everyMs },
    (items) => seen.push(items.map(({ metadata }) => metadata.name)),
    (failure) => failures.push(failure),
  );
  return {
    failures,
    seen,
    async shows(...names: string[]) {
      await vi.waitFor(() => expect(seen.at(-1)).toEqual(names), { timeout: 10_000 });
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await done;
      await cluster[Symbol.asyncDispose]();
    },
  };
}

function pod(name: string) {
  return { metadata: { name, labels: { a: "b" } } };
}

/** The first request that fits meets the fault, and no other. */
function once(fits: (asked: Asked) => boolean, fault: Fault) {
  let isDone = false;
  server.choose = (asked) => {
    if (isDone || !fits(asked)) return undefined;
    isDone = true;
    return fault;
  };
}

describe("a view of objects", () => {
  test("shows what there is, and what is changed, made and removed", async () => {
    server.put(pods, pod("one"));
    await using shown = view();
    await shown.shows("one");
    await server.until("watches", 1);
    server.put(pods, pod("two"));
    await shown.shows("one", "two");
    server.remove(pods, "one");
    await shown.shows("two");
    expect(server.lists()).toHaveLength(1);
    expect(server.lists()[0]?.query).toEqual({ labelSelector: "a=b" });
    expect(server.watches()[0]?.query).toMatchObject({ labelSelector: "a=b", allowWatchBookmarks: "true" });
  });

  test("goes on from the last bookmark when a watch ends in good order, without another list", async () => {
    await using shown = view();
    await server.until("watches", 1);
    server.tell(pods, { type: "BOOKMARK", object: { metadata: { resourceVersion: "77" } } });
    server.endWatches();
    await server.until("watches", 2);
    expect(server.watches()[1]?.query.resourceVersion).toBe("77");
    expect(server.lists()).toHaveLength(1);
    expect(shown.failures).toEqual([]);
  });

  test("asks nothing any more once it is closed", async () => {
    const shown = view();
    await server.until("watches", 1);
    await shown[Symbol.asyncDispose]();
    const asked = server.asked.length;
    await pause(3 * everyMs);
    expect(server.asked).toHaveLength(asked);
  });
});

describe("what was missed is listed anew", () => {
  const expired = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
  const losses: [string, () => void][] = [
    [
      "after 410 as an event, which has no metadata",
      () => server.tell(pods, { type: "ERROR", object: expired }),
    ],
    [
      "after an event of an error that says nothing",
      () => server.tell(pods, { type: "ERROR", object: null }),
    ],
    ["after the connection broke", () => server.cutWatches()],
    ["after a line that is no JSON", () => server.tell(pods, "{no JSON}\n")],
    ["after an event of nothing", () => server.tell(pods, '{"type":"ADDED"}\n')],
    ["after a line that was cut off", () => server.cutWatches('{"type":"MODIF')],
    ["after a line without an end", () => server.tell(pods, "x".repeat(17 * 1024 * 1024))],
  ];
  test.each(losses)("%s", async (_, lose) => {
    server.put(pods, pod("gone meanwhile"));
    await using shown = view();
    await shown.shows("gone meanwhile");
    await server.until("watches", 1);
    server.forget(pods, "gone meanwhile");
    lose();
    await shown.shows();
    await server.until("watches", 2);
    expect(shown.failures).toEqual([]);
  });

  test("after 410 as the answer to a watch", async () => {
    once(({ isWatch }) => isWatch, refused(410, "too old"));
    await using shown = view();
    await server.until("watches", 2);
    expect(server.lists()).toHaveLength(2);
    expect(shown.failures).toEqual([]);
  });

  test("after a silence", async () => {
    await using _ = view({ silenceMs: 400 });
    await server.until("watches", 2);
    expect(server.lists()).toHaveLength(2);
  });

  test("but not while there are bookmarks, which break the silence", async () => {
    await using _ = view({ silenceMs: 600 });
    await server.until("watches", 1);
    for (let sent = 0; sent < 12; sent++) {
      server.tell(pods, { type: "BOOKMARK", object: { metadata: { resourceVersion: "9" } } });
      await pause(100);
    }
    expect(server.lists()).toHaveLength(1);
  });
});

describe("an API server that is not well is not stormed", () => {
  const troubles: [string, ChooseFault][] = [
    ["that ends each watch at once", ({ isWatch }) => (isWatch ? says("") : undefined)],
    ["for which all is too old", ({ isWatch }) => (isWatch ? refused(410, "too old") : undefined)],
    ["for which even lists are too old", () => refused(410, "too old")],
    ["that breaks off every connection", () => breaksOff],
    ["that breaks off every watch", ({ isWatch }) => (isWatch ? breaksOff : undefined)],
    ["that is busy with itself", () => refused(500, "etcdserver: request timed out")],
    ["that may not be asked", () => refused(403, "pods is forbidden")],
    ["that is another server", () => says("<html>")],
  ];
  test.each(troubles)("%s", async (_, choose) => {
    server.choose = choose;
    server.listMs = 20;
    await using _shown = view();
    await server.until("lists", 1);
    const before = server.asked.length;
    await pause(5 * everyMs);
    expect(server.lists().length).toBeGreaterThan(0);
    expect(server.lists().length - before).toBeLessThanOrEqual(6);
    expect(server.watches().length).toBeLessThanOrEqual(7);
    expect(server.mostLists).toBeLessThanOrEqual(1);
  });

  test.each([
    ["lists", refused(429, "too many requests", { "retry-after": "1" })],
    ["watches", refused(503, "shutting down", { "retry-after": "1" })],
    ["watches", says(`{"type":"ERROR","object":{"code":429,"details":{"retryAfterSeconds":1}}}\n`)],
  ] as const)("it is left alone for as long as it wishes (%s)", async (kind, fault) => {
    once(({ isWatch }) => isWatch === (kind === "watches"), fault);
    await using _ = view();
    await server.until(kind, 1);
    const start = performance.now();
    await server.until("lists", 2);
    expect(performance.now() - start).toBeGreaterThan(900);
    await server.until("watches", kind === "watches" ? 2 : 1);
  });
});

describe("an API server that is away", () => {
  test("is told of, and asked now and again until it is back", async () => {
    server.put(pods, pod("one"));
    await using shown = view();
    await shown.shows("one");
    await server.until("watches", 1);
    await server.goAway();
    await vi.waitFor(() => expect(shown.failures.length).toBeGreaterThan(2), { timeout: 10_000 });
    expect(shown.failures.map(({ said }) => said)).toEqual(shown.failures.map(() => "ECONNREFUSED"));
    expect(shown.seen.at(-1)).toEqual(["one"]);
    server.remove(pods, "one");
    server.put(pods, pod("two"));
    const lists = server.lists().length;
    await server.comeBack();
    const start = performance.now();
    await shown.shows("two");
    // Promised are 10 s at one list in 5 s.
    expect(performance.now() - start).toBeLessThan(10 * everyMs);
    expect(server.lists()).toHaveLength(lists + 1);
  });

  test.each([
    ["an answer that is none", says(`{"kind":"Status"}`), "what answers there is no API server"],
    ["one that is not allowed", refused(403, `pods is forbidden`), "pods is forbidden"],
  ])("is told of, as is %s", async (_, fault, said) => {
    server.choose = () => fault;
    await using shown = view();
    await vi.waitFor(() => expect(shown.failures[0]?.said).toBe(said));
  });
});
