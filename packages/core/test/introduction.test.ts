import { describe, expect, test } from "vitest";
import { memoryStore } from "../src/gateway/memory-store.ts";
import type { Params } from "../src/runtime/transport.ts";
import { fakeServer } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

function introducing(instructions: string | undefined, capabilities: Params = { tools: {} }) {
  return fakeServer(
    {},
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities,
          serverInfo: { name: "i", version: "7", icons: [{ src: "data:" }] },
          ...(instructions === undefined ? {} : { instructions }),
        }),
        "resources/list": () => ({ resources: [] }),
        "resources/templates/list": () => ({ resourceTemplates: [] }),
      },
    },
  );
}

const introduce = async (client: TestClient) =>
  client.result("initialize", { protocolVersion: "2025-06-18" });

describe("the aggregate's introduction", () => {
  test("starts nothing, joins the instructions of the servers that are known, and offers what they can", async () => {
    const store = memoryStore();
    const servers = {
      a: introducing("Use a with care.", { tools: {}, tasks: { list: {} }, resources: { subscribe: true } }),
      b: introducing(undefined),
      c: introducing(`${"long ".repeat(2000)}end`),
    };
    const first = await testGateway(servers, {}, {}, {}, store);
    const client = await TestClient.connect(first.gateway);
    const before = await introduce(client);
    expect(first.runtime.starts).toBe(0);
    expect(before).toMatchObject({ protocolVersion: "2025-06-18", serverInfo: { name: "open-mcp-gateway" } });
    expect(before.instructions).toBeUndefined();
    // It may turn out that one can.
    expect(before.capabilities).toMatchObject({ resources: { subscribe: true }, tasks: { list: {} } });
    await client.result("tools/list");
    const next = await testGateway(servers, {}, {}, {}, store);
    const { instructions, capabilities } = await introduce(await TestClient.connect(next.gateway));
    expect(next.runtime.starts).toBe(0);
    expect(instructions).toMatch(/^# a\n\nUse a with care\.\n\n# c\n\nlong long/);
    expect((instructions as string).length).toBeLessThan(8400);
    expect(capabilities).toMatchObject({
      tools: { listChanged: true },
      logging: {},
      resources: { subscribe: true },
      tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } },
    });
  });

  test("follows a server that introduces itself in another way than before", async () => {
    const store = memoryStore();
    const first = await testGateway({ a: introducing("Old.") }, {}, {}, {}, store);
    await (await TestClient.connect(first.gateway)).result("tools/list");
    const next = await testGateway({ a: introducing("New.") }, {}, {}, {}, store);
    await next.gateway.startServer("a");
    await settle();
    const { instructions } = await introduce(await TestClient.connect(next.gateway));
    expect(instructions).toBe("# a\n\nNew.");
  });

  test("offers neither tasks nor subscriptions that no server has", async () => {
    const { gateway } = await testGateway({ a: introducing(undefined) });
    await (await TestClient.connect(gateway)).result("tools/list");
    const { capabilities } = await introduce(await TestClient.connect(gateway));
    expect(capabilities).not.toHaveProperty("tasks");
    expect(capabilities).toMatchObject({ resources: { listChanged: true } });
    expect(capabilities).not.toHaveProperty("resources.subscribe");
  });
});

test("one server's introduction is its own", async () => {
  const capabilities = { tools: {}, logging: {}, resources: { subscribe: true }, experimental: { x: {} } };
  const { gateway } = await testGateway({ a: introducing("Be nice.", capabilities) });
  expect(await introduce(await TestClient.connect(gateway, "a"))).toEqual({
    protocolVersion: "2025-06-18",
    capabilities,
    serverInfo: { name: "i", version: "7", icons: [{ src: "data:" }] },
    instructions: "Be nice.",
  });
});

describe("a server is told what its clients can do", () => {
  const declared = (received: readonly unknown[]) => (received[0] as { params: Params }).params.capabilities;

  test("as far as the gateway can put it to the right one, if they share it", async () => {
    const { gateway, runtime } = await testGateway({ a: introducing(undefined) });
    const client = await TestClient.connect(gateway, "a");
    await introduce(client);
    const count = runtime.last.received.length;
    client.notify("notifications/roots/list_changed");
    await settle();
    expect(runtime.last.received).toHaveLength(count);
    expect(declared(runtime.last.received)).toEqual({
      sampling: { context: {}, tools: {} },
      elicitation: { form: {}, url: {} },
    });
  });

  test("in the client's own words, if it is one client's", async () => {
    const { gateway, runtime } = await testGateway({ a: introducing(undefined) }, {}, { scope: "session" });
    const client = await TestClient.connect(gateway, "a");
    const capabilities = { roots: { listChanged: true }, experimental: { y: { z: 1 } } };
    await client.result("initialize", { protocolVersion: "2025-11-25", capabilities });
    expect(declared(runtime.last.received)).toEqual(capabilities);
    client.notify("notifications/roots/list_changed");
    await settle();
    expect(runtime.last.received.at(-1)).toMatchObject({ method: "notifications/roots/list_changed" });
  });
});

test("a client of all servers hears of each change once", async () => {
  let tools = [{ name: "x" }];
  let prompts = [{ name: "p" }];
  const server = fakeServer(
    {},
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { tools: {}, prompts: {} },
          serverInfo: { name: "s", version: "1" },
        }),
        "tools/list": () => ({ tools }),
        "prompts/list": () => ({ prompts }),
      },
    },
  );
  const { gateway, runtime, clock } = await testGateway({ a: server });
  const client = await TestClient.connect(gateway);
  await client.result("tools/list");
  await client.result("prompts/list");
  const changed = async (kind: string) => {
    runtime.last.say({ jsonrpc: "2.0", method: `notifications/${kind}/list_changed` });
    await clock.advance(1000);
    return client.received.filter((message) => "method" in message).map((message) => message.method);
  };
  tools = [{ name: "y" }];
  expect(await changed("tools")).toEqual(["notifications/tools/list_changed"]);
  prompts = [{ name: "q" }];
  expect(await changed("prompts")).toEqual([
    "notifications/tools/list_changed",
    "notifications/prompts/list_changed",
  ]);
  const before = runtime.last.received.length;
  client.notify("notifications/roots/list_changed");
  await settle();
  expect(runtime.last.received).toHaveLength(before);
});

describe("a client of one server hears of its lists", () => {
  const offering = (...names: string[]) => {
    const tools = names.map((name) => ({ name }));
    return fakeServer({}, { methods: { "tools/list": () => ({ tools }) } });
  };
  const changes = (client: TestClient) =>
    client.received.filter((message) => "method" in message && message.method.endsWith("list_changed"));

  test("from the server itself, once for several within a moment, in the server's words", async () => {
    const { gateway, runtime, clock } = await testGateway({ a: offering("x") });
    const client = await TestClient.connect(gateway, "a");
    const other = await TestClient.connect(gateway, "a");
    await client.result("tools/list");
    const said = (n: number) =>
      ({ jsonrpc: "2.0", method: "notifications/tools/list_changed", params: { n } }) as const;
    for (let n = 1; n <= 50; n++) runtime.last.say(said(n));
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/prompts/list_changed" });
    await clock.advance(1000);
    const heard = [said(50), { jsonrpc: "2.0", method: "notifications/prompts/list_changed" }];
    expect(changes(client)).toEqual(heard);
    expect(changes(other)).toEqual(heard);
  });

  test("after a crash, if the new instance offers something else", async () => {
    let tools = [{ name: "x" }];
    const server = fakeServer({}, { methods: { "tools/list": () => ({ tools }) } });
    const { gateway, runtime, clock } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    await client.result("tools/list");
    await settle();
    runtime.last.crash();
    await settle();
    await client.result("ping");
    await client.ask("tools/call", { name: "x" });
    await clock.advance(1000);
    expect(changes(client)).toEqual([]);
    tools = [{ name: "y" }];
    runtime.last.crash();
    await clock.advance(5000);
    await client.ask("tools/call", { name: "x" });
    await clock.advance(1000);
    expect(changes(client)).toHaveLength(1);
  });

  test("after a reload that puts another server in its place", async () => {
    const { gateway, clock } = await testGateway({ a: offering("x") });
    const client = await TestClient.connect(gateway, "a");
    await client.result("tools/list");
    await settle();
    await gateway.reload({ servers: [fakeEntry("a")] });
    await clock.advance(1000);
    expect(changes(client)).toEqual([]);
    await gateway.reload({ servers: [fakeEntry("a", { env: { A: "1" } })] });
    await clock.advance(1000);
    expect(changes(client)).toHaveLength(1);
  });
});
