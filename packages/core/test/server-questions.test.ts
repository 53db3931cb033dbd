import { describe, expect, test } from "vitest";
import { frameOf } from "../src/runtime/frame.ts";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { type FakeInstance, fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const everything = {
  sampling: { tools: {} },
  elicitation: { form: {}, url: {} },
  roots: { listChanged: true },
};

/** A server whose tool asks its client and answers with what came back. */
function asking(method = "elicitation/create", params: Params = { message: "Who?" }) {
  let lastId = 0;
  const waiting = new Map<unknown, (answer: JsonRpcMessage) => void>();
  const asked = (instance: FakeInstance, question = params) => {
    const id = `q${++lastId}`;
    const { promise, resolve } = Promise.withResolvers<JsonRpcMessage>();
    waiting.set(id, resolve);
    instance.say({ jsonrpc: "2.0", id, method, params: question });
    return promise;
  };
  const server = fakeServer({
    ask: async (args, instance) => text(JSON.stringify(await asked(instance, { ...params, ...args }))),
    wait: () => new Promise<Params>(() => {}),
    echo: (args) => text(String(args.text)),
  });
  const hear = (instance: FakeInstance) => {
    for (const message of instance.received) {
      if (!("method" in message) && message.id !== undefined) waiting.get(message.id)?.(message);
    }
  };
  return { server, asked, hear };
}

async function connected(
  gateway: Parameters<typeof TestClient.connect>[0],
  server?: string,
  capabilities: Params = everything,
) {
  const client = await TestClient.connect(gateway, server);
  await client.result("initialize", { protocolVersion: "2025-11-25", capabilities });
  client.notify("notifications/initialized");
  return client;
}

/** The question that a client got, once it is there. */
async function question(client: TestClient, method = "elicitation/create") {
  const found = await client.heard(method);
  return found as JsonRpcMessage & { id: number; params: Params };
}

describe("a question of a server", () => {
  test.each([undefined, "a"])(
    "reaches the client whose call caused it, and its answer finds back (%s)",
    async (endpoint) => {
      const { server, hear } = asking();
      const { gateway, runtime } = await testGateway({ a: server });
      const client = await connected(gateway, endpoint);
      const bystander = await connected(gateway, endpoint);
      const call = client.call(endpoint ? "ask" : "a__ask");
      const { id, params } = await question(client);
      expect(params).toEqual({ message: "Who?" });
      await client.onframe?.(
        frameOf({ jsonrpc: "2.0", id, result: { action: "accept", content: { x: 1 } } }),
      );
      await settle();
      hear(runtime.last);
      expect(JSON.parse(await call)).toEqual({
        jsonrpc: "2.0",
        id: "q1",
        result: { action: "accept", content: { x: 1 } },
      });
      expect(bystander.received.filter((message) => "method" in message && "id" in message)).toEqual([]);
    },
  );

  test("is refused on a shared instance while calls of two sessions are in flight", async () => {
    const { server, hear } = asking();
    const { gateway, runtime } = await testGateway({ a: server });
    const one = await connected(gateway);
    const two = await connected(gateway, "a");
    void two.call("wait");
    await settle();
    const call = one.call("a__ask");
    await settle();
    hear(runtime.last);
    const answer = JSON.parse(await call);
    expect(answer).toMatchObject({
      id: "q1",
      error: { code: -32601, message: expect.stringContaining("scope: session") },
    });
    for (const client of [one, two]) expect(asksOf(client)).toEqual([]);
  });

  test("is refused on a shared instance when nobody's call is in flight", async () => {
    const { server } = asking();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway);
    await client.call("a__echo", { text: "x" });
    runtime.last.say({ jsonrpc: "2.0", id: 7, method: "sampling/createMessage", params: { messages: [] } });
    await settle();
    expect(runtime.last.received.at(-1)).toMatchObject({ id: 7, error: { code: -32601 } });
    expect(asksOf(client)).toEqual([]);
  });

  test("always reaches the session that has the instance for itself", async () => {
    const { server } = asking();
    const { gateway, runtime } = await testGateway({ a: server }, {}, { scope: "session" });
    const one = await connected(gateway);
    const two = await connected(gateway);
    await one.call("a__echo", { text: "x" });
    const first = runtime.last;
    await two.call("a__echo", { text: "x" });
    void two.call("a__wait");
    first.say({ jsonrpc: "2.0", id: 7, method: "roots/list" });
    const { id } = await question(one, "roots/list");
    one.onframe?.(frameOf({ jsonrpc: "2.0", id, result: { roots: [] } }));
    await settle();
    expect(first.received.at(-1)).toEqual({ jsonrpc: "2.0", id: 7, result: { roots: [] } });
    expect(asksOf(two)).toEqual([]);
  });

  test("of a server that starts with the session waits until the client is ready", async () => {
    const greeting = fakeServer(
      {},
      {
        methods: {
          initialize: (params, instance) => {
            queueMicrotask(() => instance.say({ jsonrpc: "2.0", id: "early", method: "roots/list" }));
            return {
              protocolVersion: params.protocolVersion,
              capabilities: {},
              serverInfo: { name: "g", version: "1" },
            };
          },
        },
      },
    );
    const { gateway } = await testGateway({ a: greeting }, {}, { scope: "session" });
    const client = await TestClient.connect(gateway, "a");
    await client.result("initialize", { protocolVersion: "2025-11-25", capabilities: everything });
    await settle();
    expect(asksOf(client)).toEqual([]);
    client.notify("notifications/initialized");
    await question(client, "roots/list");
  });

  test("for a client that never says that it is ready is given up in time", async () => {
    const { server } = asking();
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { scope: "session" });
    const client = await TestClient.connect(gateway);
    await client.result("initialize", { protocolVersion: "2025-11-25", capabilities: everything });
    await client.call("a__echo", { text: "x" });
    runtime.last.say({ jsonrpc: "2.0", id: 7, method: "roots/list" });
    runtime.last.say({ jsonrpc: "2.0", id: 8, method: "roots/list" });
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 8 } });
    const { last } = runtime;
    await clock.advance(200_000);
    await client.call("a__echo", { text: "x" });
    await clock.advance(200_000);
    await client.call("a__echo", { text: "x" });
    await clock.advance(200_000);
    expect(last.received).toContainEqual(
      expect.objectContaining({ id: 7, error: expect.objectContaining({ code: -31001 }) }),
    );
    client.notify("notifications/initialized");
    await settle();
    expect(asksOf(client)).toEqual([]);
  });

  test.each<[string, Params, Params, number]>([
    ["sampling/createMessage", {}, { messages: [] }, -32601],
    ["sampling/createMessage", { sampling: {} }, { messages: [], tools: [] }, -32602],
    ["elicitation/create", {}, { message: "?" }, -32601],
    ["elicitation/create", { elicitation: {} }, { mode: "url", url: "https://a.example" }, -32602],
    ["elicitation/create", { elicitation: { url: {} } }, { message: "?" }, -32602],
    ["roots/list", { sampling: {} }, {}, -32601],
  ])("%s is not put to a client that declared %j only", async (method, capabilities, params, code) => {
    const { server, hear } = asking(method, params);
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway, undefined, capabilities);
    const call = client.call("a__ask");
    await settle();
    hear(runtime.last);
    expect(JSON.parse(await call)).toMatchObject({ error: { code } });
    expect(asksOf(client)).toEqual([]);
  });

  test("stops the clock of the call, and not for ever", async () => {
    const { server, hear } = asking();
    const { gateway, runtime, clock } = await testGateway({ a: server }, { request_timeout_seconds: 5 });
    const client = await connected(gateway, "a");
    const call = client.call("ask");
    const { id } = await question(client);
    await clock.advance(300_000);
    client.onframe?.(frameOf({ jsonrpc: "2.0", id, result: { action: "decline" } }));
    await settle();
    hear(runtime.last);
    expect(JSON.parse(await call)).toMatchObject({ result: { action: "decline" } });
    const late = client.call("ask");
    await settle();
    await clock.advance(600_000);
    hear(runtime.last);
    expect(JSON.parse(await late)).toMatchObject({ id: "q2", error: { code: -31001 } });
    expect(client.received).toContainEqual(
      expect.objectContaining({
        method: "notifications/cancelled",
        params: expect.objectContaining({ requestId: 2 }),
      }),
    );
  });

  test("waits without limit for progress of the call meanwhile", async () => {
    const { server, hear } = asking();
    const { gateway, runtime, clock } = await testGateway({ a: server }, { request_timeout_seconds: 5 });
    const client = await connected(gateway, "a");
    const call = client.result("tools/call", { name: "ask", _meta: { progressToken: 1 } });
    const asked = await question(client);
    const up = runtime.last.received.at(-1) as { params: Params };
    const progress = { progressToken: up.params._meta?.progressToken, progress: 1 };
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/progress", params: progress });
    await clock.advance(60_000);
    await client.answer(asked, { action: "decline" });
    hear(runtime.last);
    await call;
  });

  test("travels with the latest call of its session", async () => {
    const { server } = asking();
    const { gateway } = await testGateway({ a: server });
    const client = await connected(gateway, "a");
    void client.ask("tools/call", { name: "wait" }, "first");
    void client.ask("tools/call", { name: "ask" }, "second");
    await question(client);
    expect(client.related.at(-1)).toBe("second");
  });

  test("that has the id of another in flight is refused, and the other goes on", async () => {
    const { server, hear } = asking();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway, "a");
    const call = client.call("ask");
    const asked = await question(client);
    runtime.last.say({ jsonrpc: "2.0", id: "q1", method: "roots/list" });
    await settle();
    expect(runtime.last.received.at(-1)).toMatchObject({ id: "q1", error: { code: -32600 } });
    runtime.last.received.pop();
    await client.answer(asked, { action: "accept" });
    hear(runtime.last);
    expect(JSON.parse(await call)).toMatchObject({ result: { action: "accept" } });
  });

  test("of a server that goes away is withdrawn from the client", async () => {
    const { server } = asking();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway, "a");
    const call = client.ask("tools/call", { name: "ask" });
    const { id } = await question(client);
    runtime.last.crash();
    await call;
    expect(await client.heard("notifications/cancelled")).toMatchObject({ params: { requestId: id } });
  });

  test("is answered with an error when its client leaves", async () => {
    const { server } = asking();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway);
    void client.call("a__ask");
    await question(client);
    await client.session?.close();
    expect(runtime.last.received).toContainEqual(
      expect.objectContaining({ id: "q1", error: expect.anything() }),
    );
  });

  test("that the server withdraws is withdrawn from the client, and gets no answer", async () => {
    const { server } = asking();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway);
    void client.call("a__ask");
    const { id } = await question(client);
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "q1" } });
    expect(await client.heard("notifications/cancelled")).toMatchObject({ params: { requestId: id } });
    client.onframe?.(frameOf({ jsonrpc: "2.0", id, result: {} }));
    await settle();
    expect(runtime.last.received.filter((message) => "id" in message && message.id === "q1")).toEqual([]);
  });

  test("carries progress back under the server's own token", async () => {
    const { server } = asking("elicitation/create", { message: "?", _meta: { progressToken: 0 } });
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway);
    void client.call("a__ask");
    const { params } = await question(client);
    const token = params._meta?.progressToken;
    client.notify("notifications/progress", { progressToken: token, progress: 0.5 });
    await settle();
    expect(runtime.last.received.at(-1)).toMatchObject({ params: { progressToken: 0, progress: 0.5 } });
  });

  test("comes 32 times at once at most from one instance", async () => {
    const { server } = asking();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway);
    void client.call("a__wait");
    await settle();
    for (let id = 1; id <= 40; id++) {
      runtime.last.say({ jsonrpc: "2.0", id, method: "elicitation/create", params: { message: "?" } });
    }
    await settle();
    expect(asksOf(client)).toHaveLength(32);
    const refused = runtime.last.received.filter((message) => "error" in message);
    expect(refused).toHaveLength(8);
    expect(refused[0]).toMatchObject({ error: { data: { reason: "overloaded" } } });
  });
});

test("an answer to no question is dropped and counted", async () => {
  const { gateway, events } = await testGateway({ a: fakeServer() });
  const client = await connected(gateway);
  client.onframe?.(frameOf({ jsonrpc: "2.0", id: 99, result: {} }));
  expect(events).toContainEqual(
    expect.objectContaining({ type: "frame-dropped", session: client.session?.id }),
  );
  expect(gateway.stats().droppedFrames).toBe(1);
});

describe("the end of a visit to a URL", () => {
  test("is told to the session that was sent there, once", async () => {
    const { server } = asking("elicitation/create", {
      mode: "url",
      message: "Log in",
      url: "https://a.example",
      elicitationId: "e1",
    });
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway);
    const other = await connected(gateway);
    void client.call("a__ask");
    await question(client);
    void other.call("a__wait");
    await settle();
    const done = {
      jsonrpc: "2.0",
      method: "notifications/elicitation/complete",
      params: { elicitationId: "e1" },
    } as const;
    runtime.last.say(done);
    runtime.last.say(done);
    await settle();
    const heard = (who: TestClient) =>
      who.received.filter((message) => "method" in message && message.method === done.method);
    expect(heard(client)).toEqual([done]);
    expect(heard(other)).toEqual([]);
  });

  test("is told to the first who was sent there, if a server uses an id twice", async () => {
    const { server } = asking("elicitation/create", {
      mode: "url",
      message: "?",
      url: "https://a.example",
      elicitationId: "e1",
    });
    const { gateway, runtime } = await testGateway({ a: server });
    const first = await connected(gateway);
    const call = first.ask("tools/call", { name: "a__ask" });
    await question(first);
    await first.answer(await question(first), { action: "accept" });
    runtime.last.say({ jsonrpc: "2.0", id: lastCall(runtime.last), result: { content: [] } });
    await call;
    const second = await connected(gateway);
    void second.call("a__ask");
    await question(second);
    runtime.last.say({
      jsonrpc: "2.0",
      method: "notifications/elicitation/complete",
      params: { elicitationId: "e1" },
    });
    await first.heard("notifications/elicitation/complete");
    expect(
      second.received.some((message) => "method" in message && message.method.endsWith("complete")),
    ).toBe(false);
  });

  test("also if an error sent it there", async () => {
    const required = Object.assign(new Error("log in first"), { code: -32042 });
    const server = fakeServer({ echo: () => text("") });
    server.methods["tools/call"] = (_params, instance, id) => {
      instance.say({
        jsonrpc: "2.0",
        id,
        error: {
          code: required.code,
          message: "log in",
          data: { elicitations: [{ mode: "url", elicitationId: "e2" }] },
        },
      });
      return new Promise<Params>(() => {});
    };
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await connected(gateway);
    expect(await client.ask("tools/call", { name: "a__echo" })).toMatchObject({ error: { code: -32042 } });
    runtime.last.say({
      jsonrpc: "2.0",
      method: "notifications/elicitation/complete",
      params: { elicitationId: "e2" },
    });
    await client.heard("notifications/elicitation/complete");
  });
});

function asksOf(client: TestClient): JsonRpcMessage[] {
  return client.received.filter((message) => "method" in message && "id" in message);
}

/** The id under which the last call went up. */
function lastCall({ received }: FakeInstance): number {
  const call = received.findLast((message) => "method" in message && message.method === "tools/call");
  return (call as { id: number }).id;
}
