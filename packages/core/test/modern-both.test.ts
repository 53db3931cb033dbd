import { expect, test } from "vitest";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { allCapabilities, ModernClient } from "./support/modern-client.ts";
import { modernServer, requestsOf } from "./support/modern-server.ts";
import { settle } from "./support/virtual-clock.ts";

/** A server of the modern era that needs input, and keeps where it was in its requestState. */
const asking = () =>
  modernServer(
    { echo: () => text("hi") },
    {
      methods: {
        "tools/list": () => ({ tools: [{ name: "ask", inputSchema: {} }], ttlMs: 300, cacheScope: "public" }),
        "tools/call": ({ requestState, inputResponses }) =>
          requestState === undefined
            ? {
                resultType: "input_required",
                inputRequests: { who: { method: "roots/list" } },
                requestState: "theirs",
              }
            : text(JSON.stringify([requestState, inputResponses])),
      },
    },
  );

test.each([undefined, "a"])(
  "what a modern server needs is between it and its modern client (%s)",
  async (server) => {
    const { gateway } = await testGateway({ a: asking() });
    const client = new ModernClient(gateway, { server, capabilities: allCapabilities });
    const name = server ? "ask" : "a__ask";
    const first = await client.result("tools/call", { name });
    expect(first).toMatchObject({
      resultType: "input_required",
      inputRequests: { who: { method: "roots/list" } },
      requestState: "theirs",
    });
    const inputResponses = { who: { roots: [] } };
    const second = await client.result("tools/call", { name, requestState: "theirs", inputResponses });
    expect(second).toMatchObject(text(JSON.stringify(["theirs", inputResponses])));
    expect(gateway.stats().heldCalls).toBe(0);
  },
);

test.each([undefined, "a"])(
  "a modern server hears what its modern client says of itself (%s)",
  async (server) => {
    const { gateway, runtime } = await testGateway({ a: asking() });
    const capabilities = { roots: {}, extensions: { "io.modelcontextprotocol/tasks": {}, "acme/x": {} } };
    const client = new ModernClient(gateway, { server, capabilities, logLevel: "error" });
    await client.result("tools/call", { name: server ? "ask" : "a__ask" });
    expect(requestsOf(runtime.last, "tools/call")[0]?.params._meta).toMatchObject({
      "io.modelcontextprotocol/clientCapabilities": capabilities,
      "io.modelcontextprotocol/logLevel": "error",
    });
  },
);

test("lists of modern servers hold as long and for as many as the strictest says", async () => {
  const { gateway } = await testGateway({ a: asking(), b: asking() });
  const { ttlMs, cacheScope } = await new ModernClient(gateway).result("tools/list");
  expect({ ttlMs, cacheScope }).toEqual({ ttlMs: 300, cacheScope: "public" });
  const mixed = await testGateway({ a: asking(), b: fakeServer() });
  expect(await new ModernClient(mixed.gateway).result("tools/list")).toMatchObject({
    ttlMs: 0,
    cacheScope: "private",
  });
});

test("the one modern server introduces itself", async () => {
  const { gateway } = await testGateway({ a: asking() });
  expect(await new ModernClient(gateway, { server: "a" }).result("server/discover")).toMatchObject({
    supportedVersions: ["2026-07-28"],
    instructions: "Be modern",
    _meta: { "io.modelcontextprotocol/serverInfo": { name: "modern", version: "2" } },
  });
});

test.each([undefined, "a"])(
  "a client that listens hears of a modern server's resources (%s)",
  async (server) => {
    const key = "io.modelcontextprotocol/subscriptionId";
    const { gateway, runtime, clock } = await testGateway({
      a: modernServer(
        { echo: () => text("hi") },
        {
          capabilities: { tools: { listChanged: true }, resources: { subscribe: true } },
          methods: {
            "resources/list": () => ({ resources: [{ uri: "file:///a", name: "a" }] }),
            "resources/templates/list": () => ({ resourceTemplates: [] }),
            "subscriptions/listen": ({ notifications }, instance, id) => {
              const _meta = { [key]: id };
              const method = "notifications/subscriptions/acknowledged";
              instance.say({ jsonrpc: "2.0", method, params: { notifications, _meta } });
              return new Promise(() => {});
            },
          },
        },
      ),
    });
    const client = new ModernClient(gateway, { server });
    await client.result("tools/list");
    const end = new AbortController();
    const notifications = { resourceSubscriptions: ["file:///a"] };
    const answer = client.ask("subscriptions/listen", { notifications }, { id: "L", signal: end.signal });
    for (let round = 0; round < 20; round++) await clock.advance(10);
    expect(client.told.at(-1)).toMatchObject({ params: { notifications, _meta: { [key]: "L" } } });
    const id = (requestsOf(runtime.last, "subscriptions/listen").at(-1) as unknown as { id: number }).id;
    const params = { uri: "file:///a", _meta: { [key]: id } };
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/resources/updated", params });
    await settle();
    expect(client.told.at(-1)).toMatchObject({
      method: "notifications/resources/updated",
      params: { uri: "file:///a", _meta: { [key]: "L" } },
    });
    end.abort();
    await answer;
    await gateway[Symbol.asyncDispose]();
  },
);

test.each([undefined, "a"])("a modern client has the tasks of a modern server (%s)", async (server) => {
  const extensions = { "io.modelcontextprotocol/tasks": {} };
  const task = { taskId: "t1", status: "working", ttlMs: 60_000 };
  const slow = modernServer(
    { slow: () => ({ resultType: "task", ...task }) },
    {
      capabilities: { tools: {}, extensions },
      methods: { "tasks/get": ({ taskId }) => ({ ...task, taskId }) },
    },
  );
  const { gateway } = await testGateway({ a: slow });
  const client = new ModernClient(gateway, { server, capabilities: { extensions } });
  await client.result("tools/list");
  expect(await client.result("server/discover")).toMatchObject({ capabilities: { extensions } });
  const made = await client.result("tools/call", { name: server ? "slow" : "a__slow" });
  const taskId = server ? "t1" : "a__t1";
  expect(made).toMatchObject({ resultType: "task", taskId });
  expect(await client.result("tasks/get", { taskId })).toMatchObject({ resultType: "complete", taskId });
  await gateway[Symbol.asyncDispose]();
});
