import { queryObjects } from "node:v8";
import { describe, expect, test } from "vitest";
import type { ServerConfig } from "../src/config/types.ts";
import { memoryStore } from "../src/gateway/memory-store.ts";
import { PooledServer } from "../src/pool/server.ts";
import { requestFrame } from "../src/runtime/frame.ts";
import { type FakeServer, fakeServer, text } from "./support/fake-runtime.ts";
import { fakeEntry, statesOf, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

/** A server whose `hold` answers when told, and whose `who` tells which instance it is. */
function holdable(): { server: FakeServer; answer: (value: string) => void } {
  const held: ((value: string) => void)[] = [];
  const server = fakeServer({
    who: (_, instance) => text(instance.id),
    hold: () => new Promise((resolve) => held.push((value) => resolve(text(value)))),
  });
  return { server, answer: (value) => held.shift()?.(value) };
}

const reload = (servers: readonly ServerConfig[]) => ({ servers });

describe("a reload", () => {
  test("says what was added, removed, changed and unchanged", async () => {
    const names = ["a", "b", "c", "d"];
    const servers = Object.fromEntries(names.map((id) => [id, fakeServer()]));
    const { gateway, events } = await testGateway(servers, {
      servers: [fakeEntry("a"), fakeEntry("b"), fakeEntry("c")],
    });
    const report = await gateway.reload(
      reload([fakeEntry("d"), fakeEntry("a"), fakeEntry("b", { env: { A: "1" } })]),
    );
    expect(report).toEqual({ added: ["d"], removed: ["c"], changed: ["b"], unchanged: ["a"], kept: [] });
    expect(events).toContainEqual({ type: "catalog-reload", ...report });
    expect(gateway.servers().map(({ config }) => config.id)).toEqual(["d", "a", "b"]);
  });

  test("leaves a server alone whose entry means the same, 1,000 times", async () => {
    const entry = { env: { A: "1", B: "2" }, tags: ["x"] };
    const { gateway, runtime } = await testGateway({ s: holdable().server }, {}, entry);
    const client = await TestClient.connect(gateway, "s");
    const instance = await client.call("who");
    for (let round = 0; round < 1000; round++) {
      const { tags, env } = entry;
      const same =
        round % 2 === 0
          ? fakeEntry("s", { tags, env: { B: env.B, A: env.A }, secrets: [String(round)] })
          : fakeEntry("s", { env, tags, written: { runtime: { round } } });
      expect(await gateway.reload(reload([same]))).toMatchObject({ unchanged: ["s"], changed: [] });
    }
    expect(await client.call("who")).toBe(instance);
    expect(runtime.starts).toBe(1);
  });

  test.each<readonly [string, Partial<ServerConfig>]>([
    ["an option", { runtime: { type: "fake", command: "other" } }],
    ["a variable", { env: { A: "2" } }],
    ["the scope", { scope: "session" }],
    ["a timeout", { start_timeout_seconds: 5 }],
    ["an inherited variable", { inherit_env: ["A"] }],
  ])("counts as a change: %s", async (_, change) => {
    const { gateway } = await testGateway({ s: fakeServer() }, {}, { env: { A: "1" } });
    const report = await gateway.reload(reload([fakeEntry("s", { env: { A: "1" }, ...change })]));
    expect(report.changed).toEqual(["s"]);
  });

  test("counts a move to another folder as a change", async () => {
    const { gateway } = await testGateway({ s: fakeServer() });
    const report = await gateway.reload({ servers: [fakeEntry("s")], base_directory: "/elsewhere" });
    expect(report.changed).toEqual(["s"]);
  });

  test("lets calls in flight on a changed server finish, while new ones go to the new instance", async () => {
    const { server, answer } = holdable();
    const { gateway, runtime } = await testGateway({ s: server });
    const client = await TestClient.connect(gateway, "s");
    const first = await client.call("who");
    const held = client.call("hold");
    await settle();
    await gateway.reload(reload([fakeEntry("s", { env: { A: "2" } })]));
    const second = await client.call("who");
    expect(second).not.toBe(first);
    expect(runtime.running).toBe(2);
    answer("finished");
    expect(await held).toBe("finished");
    await settle();
    expect(runtime.running).toBe(1);
    expect(runtime.last.id).toBe(second);
    expect(runtime.requests.at(-1)?.env).toEqual({ A: "2" });
  });

  test("lets calls in flight on a removed server finish, then stops it; its name is unknown at once", async () => {
    const { server, answer } = holdable();
    const { gateway, runtime } = await testGateway({ s: server });
    const client = await TestClient.connect(gateway, "s");
    const held = client.call("hold");
    await settle();
    await gateway.reload(reload([]));
    expect(await client.refusal("tools/call", { name: "who" })).toMatchObject({
      reason: "server_unknown",
      message: "Server 's' not found",
    });
    expect(gateway.server("s")).toBeUndefined();
    await expect(TestClient.connect(gateway, "s")).rejects.toMatchObject({ reason: "server_unknown" });
    expect(runtime.running).toBe(1);
    answer("finished");
    expect(await held).toBe("finished");
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("stops an idle server that was removed or changed at once", async () => {
    const { gateway, runtime } = await testGateway({ a: holdable().server, b: holdable().server });
    const client = await TestClient.connect(gateway);
    await client.call("a__who");
    await client.call("b__who");
    expect(runtime.running).toBe(2);
    await gateway.reload(reload([fakeEntry("b", { env: { A: "2" } })]));
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("fails none of 10,000 calls that are in flight during 100 reloads", async () => {
    const { server, answer } = holdable();
    const { gateway, runtime } = await testGateway({ s: server });
    const client = await TestClient.connect(gateway, "s");
    let answered = 0;
    for (let round = 0; round < 100; round++) {
      const calls = Array.from({ length: 100 }, () => client.call("hold"));
      await settle();
      await gateway.reload(
        reload(round % 10 === 9 ? [] : [fakeEntry("s", { env: { ROUND: String(round) } })]),
      );
      if (round % 10 === 9) await gateway.reload(reload([fakeEntry("s")]));
      for (let call = 0; call < 100; call++) answer(`${round}.${call}`);
      answered += new Set(await Promise.all(calls)).size;
    }
    expect(answered).toBe(10_000);
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("waits 30 s for calls in flight, and says what became of them then", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { s: holdable().server },
      { request_timeout_seconds: 600 },
    );
    const client = await TestClient.connect(gateway, "s");
    const held = client.refusal("tools/call", { name: "hold" });
    await settle();
    await gateway.reload(reload([]));
    await clock.advance(29_999);
    expect(runtime.running).toBe(1);
    await clock.advance(1);
    expect(await held).toMatchObject({ reason: "upstream_closed", server: "s", executed: "unknown" });
    expect(runtime.running).toBe(0);
  });

  test("serves a call that waits for a start by the entry it came for, then stops the instance", async () => {
    const begin = Promise.withResolvers<void>();
    const { server } = holdable();
    let starts = 0;
    server.beforeStart = () => (++starts === 1 ? begin.promise : Promise.resolve());
    const { gateway, runtime } = await testGateway({ s: server });
    const client = await TestClient.connect(gateway, "s");
    const waiting = client.call("who");
    await settle();
    await gateway.reload(reload([fakeEntry("s", { env: { A: "2" } })]));
    const later = await client.call("who");
    begin.resolve();
    const instance = await waiting;
    expect(instance).not.toBe(later);
    await settle();
    expect(runtime.running).toBe(1);
  });

  test("lets a start by hand end well on a server that it replaces", async () => {
    const begin = Promise.withResolvers<void>();
    const { gateway } = await testGateway({ s: fakeServer({}, { beforeStart: () => begin.promise }) });
    const started = gateway.startServer("s");
    await settle();
    await gateway.reload(reload([fakeEntry("s", { env: { A: "2" } })]));
    begin.resolve();
    expect(await started).toBe(true);
  });

  test("replaces the instances of a session-scoped server", async () => {
    const { gateway, runtime } = await testGateway({ s: holdable().server }, {}, { scope: "session" });
    const client = await TestClient.connect(gateway, "s");
    const other = await TestClient.connect(gateway, "s");
    const before = [await client.call("who"), await other.call("who")];
    await gateway.reload(reload([fakeEntry("s", { scope: "session", env: { A: "2" } })]));
    const after = [await client.call("who"), await other.call("who")];
    expect(new Set([...before, ...after]).size).toBe(4);
    await settle();
    expect(runtime.running).toBe(2);
    await client.session?.close();
    await other.session?.close();
    expect(runtime.running).toBe(0);
  });

  test("ends an instance that still finishes a call together with its session", async () => {
    const { gateway, runtime } = await testGateway({ s: holdable().server }, {}, { scope: "session" });
    const client = await TestClient.connect(gateway, "s");
    void client.call("hold");
    await settle();
    await gateway.reload(reload([]));
    await client.session?.close();
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("keeps a usable server whose new entry is not usable, and says so until it is mended", async () => {
    const { gateway, runtime } = await testGateway({ s: holdable().server });
    const client = await TestClient.connect(gateway, "s");
    const instance = await client.call("who");
    const broken = fakeEntry("s", { problem: "The variable ${TOKEN} is not set" });
    expect(await gateway.reload(reload([broken]))).toMatchObject({ kept: ["s"], unchanged: ["s"] });
    expect(gateway.server("s")?.problem).toContain("The variable ${TOKEN} is not set");
    const unknownType = fakeEntry("s", { runtime: { type: "typo" } });
    expect(await gateway.reload(reload([unknownType]))).toMatchObject({ kept: ["s"] });
    expect(gateway.server("s")?.problem).toContain("typo");
    expect(await client.call("who")).toBe(instance);
    expect(await gateway.reload(reload([fakeEntry("s")]))).toMatchObject({ kept: [], unchanged: ["s"] });
    expect(gateway.server("s")?.problem).toBeUndefined();
    expect(runtime.starts).toBe(1);
  });

  test("disables a new server whose entry is not usable, and enables it when mended", async () => {
    const { gateway } = await testGateway({ s: holdable().server }, { servers: [] });
    const report = await gateway.reload(reload([fakeEntry("s", { problem: "broken" })]));
    expect(report).toMatchObject({ added: ["s"], kept: [] });
    expect(gateway.server("s")).toMatchObject({ state: "disabled", problem: "broken" });
    expect(await gateway.reload(reload([fakeEntry("s", { problem: "broken" })]))).toMatchObject({
      unchanged: ["s"],
    });
    expect(await gateway.reload(reload([fakeEntry("s", { problem: "worse" })]))).toMatchObject({
      changed: ["s"],
      kept: [],
    });
    expect(gateway.server("s")).toMatchObject({ state: "disabled", problem: "worse" });
    expect(await gateway.reload(reload([fakeEntry("s")]))).toMatchObject({ changed: ["s"] });
    expect(gateway.server("s")?.state).toBe("stopped");
  });

  test("keeps the figures of a changed server", async () => {
    const { gateway } = await testGateway({ s: holdable().server });
    const client = await TestClient.connect(gateway, "s");
    await client.call("who");
    await gateway.reload(reload([fakeEntry("s", { env: { A: "2" } })]));
    await client.call("who");
    expect(gateway.server("s")).toMatchObject({ requestCount: 2 });
  });

  test("lets settings other than the servers be as they were", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { s: holdable().server },
      { idle_timeout_seconds: 60 },
    );
    await gateway.reload({ servers: [fakeEntry("s", { env: { A: "2" } })], idle_timeout_seconds: 5 });
    const client = await TestClient.connect(gateway, "s");
    await client.call("who");
    await clock.advance(59_000);
    expect(runtime.running).toBe(1);
    await clock.advance(2000);
    expect(runtime.running).toBe(0);
  });

  test("is refused when the gateway shuts down", async () => {
    const { gateway } = await testGateway({ s: fakeServer() });
    await gateway.drain();
    await expect(gateway.reload(reload([]))).rejects.toMatchObject({ reason: "draining" });
    expect(gateway.server("s")).toBeDefined();
  });

  test("follows another in the order they were asked for, however long a runtime takes to check", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(), b: fakeServer() }, { servers: [] });
    const checked = Promise.withResolvers<void>();
    const validate = async (value: unknown) => {
      await checked.promise;
      return { value };
    };
    const options = { "~standard": { version: 1, vendor: "test", validate } } as const;
    const { name: _, ...rest } = runtime;
    const slow = { ...rest, name: "slow", specVersion: "v1", start: runtime.start, options } as const;
    const asked = [
      gateway.reload(reload([fakeEntry("a", { runtime: { type: "slow" } })]), [slow]),
      gateway.reload(reload([fakeEntry("b")])),
    ];
    await settle();
    checked.resolve();
    const reports = await Promise.all(asked);
    expect(reports.map(({ added }) => added)).toEqual([["a"], ["b"]]);
    expect(gateway.servers().map(({ config }) => config.id)).toEqual(["b"]);
  });

  test("brings runtimes of a new name along, and keeps those in use", async () => {
    const { gateway, runtime } = await testGateway({ s: holdable().server, t: holdable().server });
    const { name: _name, ...same } = runtime;
    const other = { ...same, name: "other", specVersion: "v1", start: runtime.start.bind(runtime) } as const;
    const entry = fakeEntry("t", { runtime: { type: "other" } });
    expect(await gateway.reload(reload([fakeEntry("s"), entry]), [other])).toMatchObject({
      unchanged: ["s"],
      changed: ["t"],
    });
    const client = await TestClient.connect(gateway, "t");
    expect(await client.call("who")).toBe(runtime.last.id);
  });

  test("goes with the gateway's end while a removed server still has calls", async () => {
    const { gateway, runtime } = await testGateway({ s: holdable().server });
    const call = gateway.request("s", requestFrame(1, "tools/call", { name: "hold" }));
    const refused = expect(call).rejects.toMatchObject({ reason: "draining" });
    await settle();
    await gateway.reload(reload([]));
    await gateway[Symbol.asyncDispose]();
    expect(runtime.running).toBe(0);
    await refused;
  });
});

describe("clients of the aggregate", () => {
  const tools = async (client: TestClient) =>
    ((await client.result("tools/list")).tools as { name: string }[]).map(({ name }) => name);

  test("hear that a server was removed", async () => {
    const { gateway, clock } = await testGateway({ a: fakeServer({ x: () => text("") }), b: fakeServer() });
    const client = await TestClient.connect(gateway);
    expect(await tools(client)).toEqual(["a__x"]);
    await clock.advance(1000);
    await gateway.reload(reload([fakeEntry("b")]));
    await clock.advance(100);
    await client.heard("notifications/tools/list_changed");
    expect(await tools(client)).toEqual([]);
  });

  test("hear that a server was added, before anybody started it", async () => {
    const { gateway, clock, events } = await testGateway(
      { a: fakeServer(), b: fakeServer({ y: () => text("") }) },
      { servers: [fakeEntry("a")] },
    );
    const client = await TestClient.connect(gateway);
    expect(await tools(client)).toEqual([]);
    await gateway.reload(reload([fakeEntry("a"), fakeEntry("b")]));
    await clock.advance(100);
    await client.heard("notifications/tools/list_changed");
    expect(statesOf(events, "b")).toEqual([]);
    expect(await tools(client)).toEqual(["b__y"]);
  });

  test("hear that a server was added that is remembered, and find it with none started", async () => {
    const store = memoryStore();
    const servers = { a: fakeServer({ x: () => text("") }), b: fakeServer({ y: () => text("") }) };
    const before = await testGateway(servers, {}, {}, {}, store);
    await before.gateway.warmServer("b");
    const { gateway, clock, events } = await testGateway(
      servers,
      { servers: [fakeEntry("a")] },
      {},
      {},
      store,
    );
    const client = await TestClient.connect(gateway);
    expect(await tools(client)).toEqual(["a__x"]);
    await clock.advance(1000);
    await gateway.reload(reload([fakeEntry("a"), fakeEntry("b")]));
    await clock.advance(100);
    await client.heard("notifications/tools/list_changed");
    expect(await tools(client)).toEqual(["a__x", "b__y"]);
    expect(statesOf(events, "b")).toEqual([]);
  });

  test("find each server's tools under its own name when a new one takes a name", async () => {
    const servers = {
      "a.b": fakeServer({ x: () => text("dot") }),
      a_b: fakeServer({ x: () => text("plain") }),
    };
    const { gateway } = await testGateway(servers, { servers: [fakeEntry("a.b")] });
    const client = await TestClient.connect(gateway);
    expect(await tools(client)).toEqual(["a_b__x"]);
    await gateway.reload(reload([fakeEntry("a.b"), fakeEntry("a_b")]));
    const [dot = "", plain = ""] = await tools(client);
    expect(plain).toBe("a_b__x");
    expect([await client.call(dot), await client.call(plain)]).toEqual(["dot", "plain"]);
  });

  test("hear that a server which did not start was mended", async () => {
    let broken = true;
    const server = fakeServer(
      { x: () => text("") },
      { beforeStart: () => (broken ? Promise.reject(new Error("no such command")) : Promise.resolve()) },
    );
    const { gateway, clock } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway);
    expect(await tools(client)).toEqual([]);
    await clock.advance(1000);
    broken = false;
    await gateway.reload(reload([fakeEntry("a", { env: { MENDED: "1" } })]));
    await clock.advance(100);
    await client.heard("notifications/tools/list_changed");
    expect(await tools(client)).toEqual(["a__x"]);
  });

  test("have their call answered by a server's successor when it was replaced while it started", async () => {
    const begin = Promise.withResolvers<void>();
    let starts = 0;
    const server = fakeServer(
      { x: () => text("hi") },
      { beforeStart: () => (++starts === 1 ? begin.promise : Promise.resolve()) },
    );
    const { gateway } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway);
    const call = client.call("a__x");
    await settle();
    await gateway.reload(reload([fakeEntry("a", { env: { A: "1" } })]));
    begin.resolve();
    expect(await call).toBe("hi");
  });

  test("hear nothing of a reload that changes nothing", async () => {
    const { gateway, clock } = await testGateway({ a: fakeServer({ x: () => text("") }) });
    const client = await TestClient.connect(gateway);
    await tools(client);
    const { length } = client.received;
    await gateway.reload(reload([fakeEntry("a")]));
    await clock.advance(1000);
    expect(client.received).toHaveLength(length);
  });
});

test("10,000 reloads leave nothing behind", async () => {
  const { gateway, runtime, clock } = await testGateway({ s: holdable().server, t: holdable().server });
  const client = await TestClient.connect(gateway);
  const timers = clock.armed;
  for (let round = 0; round < 10_000; round++) {
    const entry = fakeEntry("s", { env: { ROUND: String(round % 7) } });
    await gateway.reload(reload(round % 2 === 0 ? [entry] : [entry, fakeEntry("t")]));
    if (round % 100 === 0) await client.call("s__who");
    if (round % 1000 === 0) await clock.advance(1000);
  }
  await gateway.reload(reload([]));
  await clock.advance(1000);
  expect(runtime.running).toBe(0);
  expect(clock.armed).toBe(timers);
  runtime.instances.length = 0;
  runtime.requests.length = 0;
  expect(queryObjects(PooledServer, { format: "count" })).toBeLessThan(10);
}, 60_000);
