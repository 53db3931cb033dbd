import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/gateway/memory-store.ts";
import type { StateStore } from "../src/runtime/v1.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

/** A store whose content the test can see. */
function visibleStore(): StateStore & { readonly values: Map<string, string> } {
  const values = new Map<string, string>();
  return {
    values,
    get: async (key) => values.get(key),
    async set(key, value) {
      values.set(key, value);
    },
    async delete(key) {
      values.delete(key);
    },
  };
}

const toolsOf = async (client: TestClient) =>
  ((await client.result("tools/list")).tools as { name: string }[]).map(({ name }) => name);

async function gatewayOn(store: StateStore, ...[servers, config, entry]: Parameters<typeof testGateway>) {
  return testGateway(servers, config, entry, { INHERITED: "S3CR3T-inherited" }, store);
}

describe("what servers offer is remembered in the store", () => {
  test("so that the next gateway lists 500 servers with none started", async () => {
    const names = Array.from({ length: 500 }, (_, index) => `s${index}`);
    const servers = Object.fromEntries(names.map((id) => [id, fakeServer({ [`of-${id}`]: () => text(id) })]));
    const store = memoryStore();
    const first = await gatewayOn(store, servers);
    const known = await toolsOf(await TestClient.connect(first.gateway));
    expect(first.runtime.starts).toBe(500);
    expect(known).toHaveLength(500);
    await first.gateway[Symbol.asyncDispose]();

    const second = await gatewayOn(store, servers);
    const client = await TestClient.connect(second.gateway);
    expect(await toolsOf(client)).toEqual(known);
    expect(second.runtime.starts).toBe(0);
    expect(await client.call("s7__of-s7")).toBe("s7");
    expect(second.runtime.starts).toBe(1);
  }, 60_000);

  test("byte by byte, every kind of it", async () => {
    const methods = {
      initialize: () => ({
        protocolVersion: "2025-06-18",
        capabilities: { tools: {}, prompts: {}, resources: {} },
        serverInfo: { name: "fake", version: "1" },
      }),
      "tools/list": () => ({
        tools: [{ name: "ü", inputSchema: { type: "object", big: 1e21 }, "x-y": [null] }],
      }),
      "prompts/list": () => ({ prompts: [{ name: "p", title: 'a "quoted"\n title' }] }),
      "resources/list": () => ({ resources: [{ uri: "file:///a", name: "a" }] }),
      "resources/templates/list": () => ({ resourceTemplates: [{ uriTemplate: "x://{id}", name: "t" }] }),
    };
    const store = memoryStore();
    const lists = ["tools/list", "prompts/list", "resources/list", "resources/templates/list"];
    const answers = [];
    for (let run = 0; run < 2; run++) {
      const { gateway, runtime } = await gatewayOn(store, { s: fakeServer({}, { methods }) });
      const client = await TestClient.connect(gateway);
      for (const method of lists) await client.ask(method, undefined, method);
      answers.push(client.bytes);
      expect(runtime.starts).toBe(1 - run);
    }
    expect(answers[1]).toEqual(answers[0]);
    expect(answers[0]).toHaveLength(4);
  });

  test("also for a first call by a tool's name", async () => {
    const store = memoryStore();
    const servers = { s: fakeServer({ x: () => text("hi") }) };
    const first = await gatewayOn(store, servers);
    await toolsOf(await TestClient.connect(first.gateway));
    const { gateway } = await gatewayOn(store, servers);
    const client = await TestClient.connect(gateway);
    const unknown = { name: "s__nope", _meta: { progressToken: 1 } };
    expect(await client.refusal("tools/call", unknown)).toMatchObject({ reason: "unknown_tool" });
    // Nothing was started for it, so nothing is said to start.
    expect(client.received).toHaveLength(1);
    expect(await client.call("s__x")).toBe("hi");
  });

  test("not for an entry that means something else", async () => {
    const store = memoryStore();
    const servers = { s: fakeServer({ x: () => text("") }) };
    await toolsOf(await TestClient.connect((await gatewayOn(store, servers)).gateway));
    const other = await gatewayOn(store, servers, {}, { env: { A: "1" } });
    expect(await toolsOf(await TestClient.connect(other.gateway))).toEqual(["s__x"]);
    expect(other.runtime.starts).toBe(1);
    const both = await gatewayOn(store, servers);
    expect(await toolsOf(await TestClient.connect(both.gateway))).toEqual(["s__x"]);
    expect(both.runtime.starts).toBe(0);
  });

  test("not for a session-scoped server", async () => {
    const store = visibleStore();
    const { gateway } = await gatewayOn(
      store,
      { s: fakeServer({ x: () => text("") }) },
      {},
      { scope: "session" },
    );
    expect(await toolsOf(await TestClient.connect(gateway))).toEqual(["s__x"]);
    expect([...store.values.keys()]).toEqual(["core.fingerprint-key"]);
  });

  test("without anything secret in it", async () => {
    const store = visibleStore();
    const { gateway } = await gatewayOn(
      store,
      { s: fakeServer({ x: () => text("") }) },
      {},
      {
        env: { TOKEN: "S3CR3T-literal" },
        inherit_env: ["INHERITED"],
        secrets: ["S3CR3T-known"],
        runtime: { type: "fake", args: ["--token=S3CR3T-argument"] },
      },
    );
    await toolsOf(await TestClient.connect(gateway));
    expect(store.values.size).toBe(2);
    expect(JSON.stringify([...store.values])).not.toContain("S3CR3T");
  });

  test("and replaced when a start finds something else, which clients hear", async () => {
    const store = memoryStore();
    await toolsOf(
      await TestClient.connect((await gatewayOn(store, { s: fakeServer({ old: () => text("") }) })).gateway),
    );
    const servers = { s: fakeServer({ new: () => text("") }) };
    const { gateway, clock } = await gatewayOn(store, servers);
    const client = await TestClient.connect(gateway);
    expect(await toolsOf(client)).toEqual(["s__old"]);
    await gateway.startServer("s");
    await clock.advance(100);
    await client.heard("notifications/tools/list_changed");
    expect(await toolsOf(client)).toEqual(["s__new"]);
    const next = await gatewayOn(store, servers);
    expect(await toolsOf(await TestClient.connect(next.gateway))).toEqual(["s__new"]);
    expect(next.runtime.starts).toBe(0);
  });

  test("and asked anew at a start that no listing was the reason for", async () => {
    const store = memoryStore();
    await toolsOf(
      await TestClient.connect((await gatewayOn(store, { s: fakeServer({ old: () => text("") }) })).gateway),
    );
    const { gateway } = await gatewayOn(store, { s: fakeServer({ new: () => text("") }) });
    await gateway.startServer("s");
    await settle();
    expect(await toolsOf(await TestClient.connect(gateway))).toEqual(["s__new"]);
  });

  test.each(["", "{", "[]", "null", '{"tools":[{]}', '{"tools":7}'])(
    "and learnt anew when the store holds %j",
    async (content) => {
      const store = visibleStore();
      const servers = { s: fakeServer({ x: () => text("") }) };
      await toolsOf(await TestClient.connect((await gatewayOn(store, servers)).gateway));
      for (const key of store.values.keys()) if (key.includes("listings")) store.values.set(key, content);
      const { gateway } = await gatewayOn(store, servers);
      expect(await toolsOf(await TestClient.connect(gateway))).toEqual(["s__x"]);
    },
  );

  test.each<readonly [string, StateStore["get"]]>([
    ["fails", () => Promise.reject(new Error("disk on fire"))],
    ["never answers", () => new Promise(() => {})],
  ])("and does without a store that %s", async (_, get) => {
    const broken: StateStore = {
      get: (key) => (key.includes("listings") ? get(key) : Promise.resolve(undefined)),
      set: () => Promise.reject(new Error("disk full")),
      delete: () => Promise.reject(new Error("disk full")),
    };
    const { gateway, clock, events } = await gatewayOn(broken, { s: fakeServer({ x: () => text("") }) });
    const client = await TestClient.connect(gateway);
    const tools = toolsOf(client);
    await clock.advance(1000);
    expect(await tools).toEqual(["s__x"]);
    expect(events).toContainEqual({ type: "store-failed", error: new Error("disk full") });
  });
});

test("a server that is removed while its listing is being looked up is not started", async () => {
  const found = Promise.withResolvers<string | undefined>();
  const slow: StateStore = {
    get: (key) => (key.includes("listings") ? found.promise : Promise.resolve(undefined)),
    set: async () => {},
    delete: async () => {},
  };
  const { gateway, runtime } = await gatewayOn(slow, { s: fakeServer({ x: () => text("") }) });
  const client = await TestClient.connect(gateway);
  const tools = toolsOf(client);
  await settle();
  await gateway.reload({ servers: [] });
  found.resolve(undefined);
  expect(await tools).toEqual([]);
  expect(runtime.starts).toBe(0);
});

test("a store that answers late still tells, and clients hear of it", async () => {
  const found = Promise.withResolvers<string | undefined>();
  const slow: StateStore = {
    get: (key) => (key.includes("listings") ? found.promise : Promise.resolve(undefined)),
    set: async () => {},
    delete: async () => {},
  };
  const stuck = fakeServer({}, { beforeStart: () => new Promise(() => {}) });
  const { gateway, clock } = await gatewayOn(slow, { s: stuck });
  const client = await TestClient.connect(gateway);
  const tools = toolsOf(client);
  await clock.advance(5000);
  expect(await tools).toEqual([]);
  found.resolve('{"introduction":{"capabilities":{}},"tools":[{"name":"x"}]}');
  await clock.advance(100);
  await client.heard("notifications/tools/list_changed");
  expect(await toolsOf(client)).toEqual(["s__x"]);
});

describe("warming a server", () => {
  test("learns what it offers, so that nothing starts for a listing", async () => {
    const store = memoryStore();
    const servers = { s: fakeServer({ x: () => text(""), y: () => text("") }) };
    const { gateway } = await gatewayOn(store, servers);
    expect(await gateway.warmServer("s")).toBe(2);
    const next = await gatewayOn(store, servers);
    expect(await toolsOf(await TestClient.connect(next.gateway))).toEqual(["s__x", "s__y"]);
    expect(next.runtime.starts).toBe(0);
  });

  test("asks the server itself, whatever is remembered", async () => {
    const store = memoryStore();
    await (await gatewayOn(store, { s: fakeServer({ old: () => text("") }) })).gateway.warmServer("s");
    const { gateway } = await gatewayOn(store, { s: fakeServer({ a: () => text(""), b: () => text("") }) });
    expect(await gateway.warmServer("s")).toBe(2);
  });

  test("says why it can not be", async () => {
    const failing = fakeServer({}, { beforeStart: () => Promise.reject(new Error("no such thing")) });
    const { gateway } = await testGateway(
      { f: failing, p: fakeServer() },
      {
        servers: [
          fakeEntry("f"),
          fakeEntry("p", { scope: "session" }),
          fakeEntry("d", { problem: "no key" }),
        ],
      },
    );
    await expect(gateway.warmServer("f")).rejects.toMatchObject({ reason: "upstream_start_failed" });
    await expect(gateway.warmServer("p")).rejects.toMatchObject({ reason: "bad_params" });
    await expect(gateway.warmServer("d")).rejects.toMatchObject({ reason: "server_disabled" });
    await expect(gateway.warmServer("x")).rejects.toMatchObject({ reason: "server_unknown" });
  });
});
