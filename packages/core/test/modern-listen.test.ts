import { describe, expect, test } from "vitest";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { type FakeServer, fakeServer, text } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { ModernClient, type ModernOptions } from "./support/modern-client.ts";
import { settle } from "./support/virtual-clock.ts";

const key = "io.modelcontextprotocol/subscriptionId";
const acknowledged = "notifications/subscriptions/acknowledged";

/** A server whose lists and resources can change. */
function changing(more: Partial<FakeServer["methods"]> = {}): FakeServer {
  return fakeServer(
    { echo: () => text("hi") },
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
          serverInfo: { name: "fake", version: "1" },
        }),
        "resources/list": () => ({ resources: [{ uri: "file:///a", name: "a" }] }),
        "resources/templates/list": () => ({ resourceTemplates: [] }),
        "resources/subscribe": ({ uri }) => {
          if (uri !== "file:///a") throw new Error("no such thing");
          return {};
        },
        "resources/unsubscribe": () => ({}),
        ...more,
      } as FakeServer["methods"],
    },
  );
}

/** Starts to listen; resolves when what is to be told at once has been told. */
async function listen(client: ModernClient, notifications: Params, options: ModernOptions = {}) {
  const end = new AbortController();
  const answer = client.ask(
    "subscriptions/listen",
    { notifications },
    { id: "L", signal: end.signal, ...options },
  );
  await settle();
  await settle();
  return { end, answer };
}

const changed = (kind: string): JsonRpcMessage => ({
  jsonrpc: "2.0",
  method: `notifications/${kind}/list_changed`,
});

describe("subscriptions/listen", () => {
  test.each([undefined, "a"])(
    "is acknowledged first, then tells what was asked for and no more (%s)",
    async (server) => {
      const { gateway, runtime, clock } = await testGateway({ a: changing() });
      const client = new ModernClient(gateway, { server });
      await client.result("tools/list");
      await settle();
      client.told.length = 0;
      await listen(client, {
        toolsListChanged: true,
        promptsListChanged: false,
        resourceSubscriptions: ["file:///a", "file:///b"],
      });
      expect(client.told).toEqual([
        {
          jsonrpc: "2.0",
          method: acknowledged,
          params: {
            _meta: { [key]: "L" },
            notifications: { toolsListChanged: true, resourceSubscriptions: ["file:///a"] },
          },
        },
      ]);
      const instance = runtime.last;
      instance.say({
        jsonrpc: "2.0",
        method: "notifications/resources/updated",
        params: { uri: "file:///a" },
      });
      instance.say({
        jsonrpc: "2.0",
        method: "notifications/resources/updated",
        params: { uri: "file:///c" },
      });
      instance.say({
        jsonrpc: "2.0",
        method: "notifications/message",
        params: { level: "error", data: "x" },
      });
      await settle();
      expect(client.told.slice(1)).toEqual([
        {
          jsonrpc: "2.0",
          method: "notifications/resources/updated",
          params: { uri: "file:///a", _meta: { [key]: "L" } },
        },
      ]);
      if (server === undefined) return;
      instance.say(changed("tools"));
      instance.say(changed("resources"));
      await clock.advance(200);
      expect(client.told.slice(2)).toEqual([{ ...changed("tools"), params: { _meta: { [key]: "L" } } }]);
    },
  );

  test("tells of lists that differ from what the aggregate gave, and only then", async () => {
    const names = ["one"];
    const tools = () => ({ tools: names.map((name) => ({ name, inputSchema: {} })) });
    const { gateway, runtime, clock } = await testGateway({ a: changing({ "tools/list": tools }) });
    const client = new ModernClient(gateway);
    await client.result("tools/list");
    await listen(client, { toolsListChanged: true, resourcesListChanged: true });
    client.told.length = 0;
    runtime.last.say(changed("tools"));
    await clock.advance(200);
    expect(client.told).toEqual([]);
    names.push("two");
    runtime.last.say(changed("tools"));
    // The server was asked for its list a moment ago.
    await clock.advance(1_000);
    expect(client.told).toEqual([{ ...changed("tools"), params: { _meta: { [key]: "L" } } }]);
  });

  test("tells of a reload", async () => {
    const { gateway, clock } = await testGateway(
      { a: changing(), b: changing() },
      { servers: [fakeEntry("a")] },
    );
    const client = new ModernClient(gateway);
    await client.result("tools/list");
    await listen(client, { toolsListChanged: true });
    client.told.length = 0;
    await gateway.reload({ servers: [fakeEntry("a"), fakeEntry("b")] });
    await clock.advance(200);
    expect(client.told).toMatchObject([changed("tools")]);
  });

  test("starts nothing for lists, and keeps awake what it is subscribed to, until it ends", async () => {
    const { gateway, runtime, clock } = await testGateway({ a: changing() }, { idle_timeout_seconds: 10 });
    const client = new ModernClient(gateway, { server: "a" });
    const lists = await listen(client, { toolsListChanged: true });
    expect(runtime.starts).toBe(0);
    const resources = await listen(client, { resourceSubscriptions: ["file:///a"] }, { id: "R" });
    const other = await listen(client, { resourceSubscriptions: ["file:///a"] }, { id: "S" });
    await clock.advance(60_000);
    expect(runtime).toMatchObject({ starts: 1, running: 1 });
    const asked = (method: string) =>
      runtime.last.received.filter((message) => "method" in message && message.method === method).length;
    expect(asked("resources/subscribe")).toBe(1);
    resources.end.abort();
    await settle();
    expect(asked("resources/unsubscribe")).toBe(0);
    other.end.abort();
    await settle();
    expect(asked("resources/unsubscribe")).toBe(1);
    await clock.advance(60_000);
    expect(runtime.running).toBe(0);
    lists.end.abort();
    await Promise.all([lists.answer, resources.answer, other.answer]);
  });

  test("ends with an answer when the gateway drains", async () => {
    const { gateway } = await testGateway({ a: changing() });
    const client = new ModernClient(gateway);
    const { answer } = await listen(client, { toolsListChanged: true });
    await gateway.drain();
    expect(await answer).toMatchObject({
      id: "L",
      result: { resultType: "complete", _meta: { [key]: "L" } },
    });
  });

  test("leaves out what the one server does not have", async () => {
    const { gateway } = await testGateway({ a: fakeServer() });
    const client = new ModernClient(gateway, { server: "a" });
    await client.result("tools/list");
    await settle();
    client.told.length = 0;
    await listen(client, { toolsListChanged: true, promptsListChanged: true });
    expect(client.told).toMatchObject([{ params: { notifications: { toolsListChanged: true } } }]);
    expect(JSON.stringify(client.told)).not.toContain("prompts");
  });

  test("has limits, and a filter that can be read", async () => {
    const { gateway } = await testGateway({ a: changing() });
    const client = new ModernClient(gateway);
    for (const notifications of [
      undefined,
      [],
      { resourceSubscriptions: "x" },
      { resourceSubscriptions: [1] },
    ]) {
      expect(await client.error("subscriptions/listen", { notifications })).toMatchObject({ code: -32602 });
    }
    const many = Array.from({ length: 1001 }, (_, index) => `file:///${index}`);
    expect(
      await client.error("subscriptions/listen", { notifications: { resourceSubscriptions: many } }),
    ).toMatchObject({ code: -32602 });
    for (let count = 0; count < 500; count++) await listen(client, {}, { id: count });
    expect(await client.error("subscriptions/listen", { notifications: {} })).toMatchObject({
      data: { reason: "overloaded" },
    });
    await listen(client, {}, { id: "other", principal: "you" });
    expect(client.told).toHaveLength(501);
    await gateway.drain();
  });

  test("to a server with an instance for each session has one of its own, which ends with it", async () => {
    const { gateway, runtime } = await testGateway({ a: changing() }, {}, { scope: "session" });
    const client = new ModernClient(gateway, { server: "a" });
    const { end, answer } = await listen(client, { resourceSubscriptions: ["file:///a"] });
    expect(runtime.running).toBe(1);
    runtime.last.say({
      jsonrpc: "2.0",
      method: "notifications/resources/updated",
      params: { uri: "file:///a" },
    });
    await settle();
    expect(client.told.at(-1)).toMatchObject({ method: "notifications/resources/updated" });
    end.abort();
    await answer;
    await settle();
    expect(runtime.running).toBe(0);
  });
});

test("a change that comes again and again while the subscription is being made is told once, after its beginning", async () => {
  let agree = () => {};
  const subscribe = () => new Promise<Params>((resolve) => (agree = () => resolve({})));
  const { gateway, runtime } = await testGateway({ a: changing({ "resources/subscribe": subscribe }) });
  const client = new ModernClient(gateway, { server: "a" });
  const end = new AbortController();
  const notifications = { resourceSubscriptions: ["file:///a"] };
  const answer = client.ask("subscriptions/listen", { notifications }, { signal: end.signal });
  await settle();
  const params = { uri: "file:///a" };
  for (let time = 0; time < 100; time++) {
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/resources/updated", params });
  }
  agree();
  await settle();
  const methods = client.told.map((message) => "method" in message && message.method);
  expect(methods).toEqual([acknowledged, "notifications/resources/updated"]);
  end.abort();
  await answer;
});
