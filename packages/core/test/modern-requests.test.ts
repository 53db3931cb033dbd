import { describe, expect, test } from "vitest";
import { gatewayInfo } from "../src/gateway-info.ts";
import { frameOf, parseFrame } from "../src/runtime/frame.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { ModernClient } from "./support/modern-client.ts";
import { requestsOf } from "./support/modern-server.ts";
import { settle } from "./support/virtual-clock.ts";

const infoKey = "io.modelcontextprotocol/serverInfo";
const alone = { principal: "me", signal: new AbortController().signal, tell() {} };

describe("a request of the modern era", () => {
  test.each([undefined, "a"])("is answered without a session, as its revision asks (%s)", async (server) => {
    const { gateway } = await testGateway({ a: fakeServer({ echo: (args) => text(String(args.text)) }) });
    const client = new ModernClient(gateway, { server });
    const name = server ? "echo" : "a__echo";
    const { tools, ...list } = await client.result("tools/list");
    expect((tools as { name: string }[]).map((tool) => tool.name)).toEqual([name]);
    const serverInfo = server ? { name: "fake", version: "1" } : gatewayInfo;
    const meta = { _meta: { [infoKey]: serverInfo } };
    expect(list).toEqual({ resultType: "complete", ttlMs: 0, cacheScope: "private", ...meta });
    const called = await client.ask("tools/call", { name, arguments: { text: "hi" } }, { id: "x" });
    expect(called).toEqual({
      jsonrpc: "2.0",
      id: "x",
      result: { ...text("hi"), resultType: "complete", ...meta },
    });
    expect(gateway.stats()).toMatchObject({ sessions: 0, totalRequests: 2, heldCalls: 0 });
  });

  test("reaches a server of the legacy era without its envelope", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ echo: () => text("") }) });
    const _meta = { traceparent: "00-1", progressToken: 7 };
    await new ModernClient(gateway, { server: "a" }).ask("tools/call", { name: "echo", _meta });
    const call = runtime.last.received.find(
      (message) => "method" in message && message.method === "tools/call",
    );
    expect(call).toMatchObject({ params: { name: "echo", _meta: { traceparent: "00-1" } } });
    expect(JSON.stringify(call)).not.toContain("io.modelcontextprotocol");
  });

  test("reaches a server of the legacy era without answers to what nobody asked", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ echo: () => text("") }) });
    const params = { inputResponses: { q: {} }, name: "echo", arguments: { inputResponses: 1 } };
    for (const server of [undefined, "a"]) {
      const name = server ? "echo" : "a__echo";
      await new ModernClient(gateway, { server }).result("tools/call", { ...params, name });
      const call = runtime.last.received.at(-1);
      expect(call).toMatchObject({ params: { name: "echo", arguments: { inputResponses: 1 } } });
      expect(call).not.toHaveProperty("params.inputResponses");
    }
  });

  test("keeps what a result says of itself", async () => {
    const own = {
      resultType: "complete",
      ttlMs: 5,
      cacheScope: "public",
      _meta: { [infoKey]: { name: "itself", version: "2" } },
      contents: [],
    };
    const server = fakeServer({}, { methods: { "resources/read": () => own } });
    const { gateway } = await testGateway({ a: server });
    const client = new ModernClient(gateway, { server: "a" });
    expect(await client.result("resources/read", { uri: "x:y" })).toEqual(own);
  });

  test("that needs input is told so without a word on caching", async () => {
    const asking = { resultType: "input_required", requestState: "theirs" };
    const { gateway } = await testGateway({
      a: fakeServer({}, { methods: { "resources/read": () => asking } }),
    });
    const result = await new ModernClient(gateway, { server: "a" }).result("resources/read", { uri: "x:y" });
    expect(result).toEqual({ ...asking, _meta: expect.anything() });
  });

  test("hears of an answer that can not be read", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ wait: () => new Promise(() => {}) }) });
    const answer = new ModernClient(gateway, { server: "a" }).error("tools/call", { name: "wait" });
    await settle();
    const { id } = runtime.last.received.at(-1) as { id: number };
    const twice = `{"jsonrpc":"2.0","id":${id},"result":{"resultType":"a","resultType":"b"}}`;
    runtime.last.transport.onframe?.(parseFrame(Buffer.from(twice)));
    expect(await answer).toMatchObject({ data: { reason: "upstream_protocol_error" } });
  });

  test("that says too little of itself is refused", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer() });
    const version = { "io.modelcontextprotocol/protocolVersion": "2026-07-28" };
    for (const _meta of [{}, version]) {
      const frame = frameOf({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta } });
      expect((await gateway.exchange(frame, alone)).value()).toMatchObject({
        id: 1,
        error: { code: -32602 },
      });
    }
    const _meta = {
      "io.modelcontextprotocol/protocolVersion": "1900-01-01",
      "io.modelcontextprotocol/clientCapabilities": {},
    };
    const frame = frameOf({ jsonrpc: "2.0", id: 1, method: "tools/list", params: { _meta } });
    expect((await gateway.exchange(frame, alone)).value()).toMatchObject({
      error: { code: -32022, data: { supported: ["2026-07-28"], requested: "1900-01-01" } },
    });
    expect(runtime.starts).toBe(0);
  });

  test.each([
    ["initialize", "server/discover"],
    ["ping", "server/discover"],
    ["logging/setLevel", "logLevel"],
    ["resources/subscribe", "subscriptions/listen"],
    ["resources/unsubscribe", "subscriptions/listen"],
    ["tasks/list", "tasks/get"],
    ["tasks/result", "tasks/get"],
  ])("for %s is told that %s has taken its place", async (method, replacement) => {
    const { gateway, runtime } = await testGateway({ a: fakeServer() });
    const error = await new ModernClient(gateway, { server: "a" }).error(method, { uri: "x:y" });
    expect(error.code).toBe(-32601);
    expect(error.message).toContain(replacement);
    expect(runtime.starts).toBe(0);
  });

  test("is no task of the legacy era", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ echo: () => text("hi") }) });
    for (const server of [undefined, "a"]) {
      const client = new ModernClient(gateway, { server });
      const name = server ? "echo" : "a__echo";
      expect(await client.result("tools/call", { name, task: {} })).toMatchObject({
        content: [{ text: "hi" }],
      });
      expect(requestsOf(runtime.last, "tools/call").at(-1)?.params).not.toHaveProperty("task");
      expect(await client.error("tasks/get", { taskId: "a__t" })).toMatchObject({ code: -32602 });
    }
    expect(runtime.starts).toBe(1);
  });

  test("hears of missing resources by today's code, whoever says so", async () => {
    const missing = () => {
      throw Object.assign(new Error("gone"), { code: -32002 });
    };
    const { gateway } = await testGateway({ a: fakeServer({}, { methods: { "resources/read": missing } }) });
    const client = new ModernClient(gateway);
    expect(await client.error("resources/read", { uri: "x:y" }, { server: "a" })).toEqual({
      code: -32602,
      message: "gone",
    });
    expect(await client.error("resources/read", { uri: "x:y" })).toMatchObject({
      code: -32602,
      data: { reason: "unknown_resource" },
    });
  });

  test("for an unknown server or method is refused as on every endpoint", async () => {
    const { gateway } = await testGateway({ a: fakeServer() });
    const client = new ModernClient(gateway);
    expect(await client.error("tools/list", {}, { server: "b" })).toMatchObject({ code: -31013 });
    expect(await client.error("acme/do")).toMatchObject({ code: -32601 });
    expect(await client.error("acme/do", {}, { server: "a" })).toMatchObject({ code: -32601 });
  });

  test("is cancelled by its signal, on the server too", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ wait: () => new Promise(() => {}) }) });
    const abort = new AbortController();
    const answer = new ModernClient(gateway, { server: "a" }).ask(
      "tools/call",
      { name: "wait" },
      { signal: abort.signal },
    );
    await settle();
    abort.abort();
    expect(await answer).toMatchObject({ error: { data: { reason: "cancelled" } } });
    expect(runtime.last.received.at(-1)).toMatchObject({ method: "notifications/cancelled" });
  });

  test("is refused while the gateway drains, which waits for those before", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { gateway } = await testGateway({
      a: fakeServer({ slow: () => promise.then(() => text("done")) }),
    });
    const client = new ModernClient(gateway, { server: "a" });
    const answer = client.result("tools/call", { name: "slow" });
    await settle();
    let drained = false;
    const draining = gateway.drain().then(() => {
      drained = true;
    });
    await settle();
    expect(await client.error("tools/list")).toMatchObject({ data: { reason: "draining" } });
    expect(drained).toBe(false);
    resolve();
    expect(await answer).toMatchObject(text("done"));
    await draining;
  });
});

describe("of servers with an instance for each session, clients of the modern era", () => {
  const echo = () => testGateway({ a: fakeServer({ echo: () => text("hi") }) }, {}, { scope: "session" });

  test("have one for each call, which ends with it", async () => {
    const { gateway, runtime } = await echo();
    const client = new ModernClient(gateway, { server: "a" });
    expect(await client.result("tools/call", { name: "echo" })).toMatchObject(text("hi"));
    await settle();
    expect(runtime).toMatchObject({ starts: 1, running: 0 });
    expect(await client.result("tools/call", { name: "echo" })).toMatchObject(text("hi"));
    expect(runtime.starts).toBe(2);
  });

  test.each([undefined, "a"])("have one to look at what %s offers, which ends when idle", async (server) => {
    const { gateway, runtime, clock } = await echo();
    const client = new ModernClient(gateway, { server });
    for (let time = 0; time < 3; time++) {
      expect(await client.result("tools/list")).toMatchObject({ tools: [{}] });
      await client.result("server/discover");
    }
    await settle();
    expect(runtime).toMatchObject({ starts: 1, running: 1 });
    const name = server === undefined ? "a__echo" : "echo";
    expect(await client.result("tools/call", { name })).toMatchObject(text("hi"));
    await settle();
    expect(runtime).toMatchObject({ starts: 2, running: 1 });
    await clock.advance(301_000);
    expect(runtime.running).toBe(0);
  });

  test("have none any more once a thousand others have looked since", async () => {
    const { gateway, runtime } = await echo();
    const look = (principal: string) => new ModernClient(gateway, { principal }).result("tools/list");
    await look("first");
    for (let other = 0; other < 999; other++) {
      await new ModernClient(gateway, { principal: `${other}` }).ask("ping2");
    }
    expect(runtime.running).toBe(1);
    await new ModernClient(gateway, { principal: "last" }).ask("ping2");
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("of different principals do not look through the same one", async () => {
    const { gateway, runtime } = await echo();
    await new ModernClient(gateway, { principal: "me" }).result("tools/list");
    await new ModernClient(gateway, { principal: "you" }).result("tools/list");
    expect(runtime.starts).toBe(2);
  });
});

describe("server/discover", () => {
  test("says what the aggregate is", async () => {
    const { gateway } = await testGateway({ a: fakeServer() });
    const client = new ModernClient(gateway);
    await client.result("tools/list");
    const { capabilities, ...rest } = await client.result("server/discover");
    expect(rest).toEqual({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      ttlMs: 0,
      cacheScope: "private",
      _meta: { [infoKey]: gatewayInfo },
    });
    expect(capabilities).toMatchObject({ tools: { listChanged: true }, logging: {}, completions: {} });
    expect(capabilities).not.toHaveProperty("tasks");
  });

  test("says what the one server is", async () => {
    const initialize = () => ({
      protocolVersion: "2025-11-25",
      capabilities: { tools: {}, tasks: { list: {} }, experimental: { x: {} } },
      serverInfo: { name: "own", version: "3" },
      instructions: "Be kind.",
    });
    const { gateway } = await testGateway({ a: fakeServer({}, { methods: { initialize } }) });
    expect(await new ModernClient(gateway, { server: "a" }).result("server/discover")).toEqual({
      resultType: "complete",
      supportedVersions: ["2026-07-28"],
      capabilities: { tools: {}, experimental: { x: {} } },
      instructions: "Be kind.",
      ttlMs: 0,
      cacheScope: "private",
      _meta: { [infoKey]: { name: "own", version: "3" } },
    });
  });
});
