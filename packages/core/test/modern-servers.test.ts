import { describe, expect, test } from "vitest";
import { parseListing } from "../src/router/listing.ts";
import { requestFrame } from "../src/runtime/frame.ts";
import type { Params } from "../src/runtime/transport.ts";
import { Call, type Caller } from "../src/session/call.ts";
import { modernTaskOwners } from "../src/upstream/tasks-for-legacy.ts";
import { Upstream } from "../src/upstream/upstream.ts";
import { FakeInstance, type FakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import {
  capabilitiesKey,
  type ModernServer,
  methodsOf,
  modernServer,
  requestsOf,
  versionKey,
} from "./support/modern-server.ts";
import { TestClient } from "./support/test-client.ts";
import { settle, VirtualClock } from "./support/virtual-clock.ts";

const infoKey = "io.modelcontextprotocol/clientInfo";
const levelKey = "io.modelcontextprotocol/logLevel";
const never: Handler = () => new Promise(() => {});

async function connected(
  tools: Record<string, Handler>,
  more: ModernServer = {},
  endpoint: "a" | "all" = "a",
) {
  const parts = await testGateway({ a: modernServer(tools, more) });
  const client = await TestClient.connect(parts.gateway, endpoint === "all" ? undefined : endpoint);
  return { ...parts, client };
}

function lastCall(runtime: { last: Parameters<typeof requestsOf>[0] }): Params {
  return requestsOf(runtime.last, "tools/call").at(-1)?.params as Params;
}

describe("a request of a legacy client to a modern server", () => {
  test("says what the client can do that the gateway can relay, and who asks", async () => {
    const { client, runtime } = await connected({ echo: () => text("hi") });
    const capabilities = { sampling: { tools: {} }, elicitation: {}, roots: {}, experimental: { x: {} } };
    await client.ask("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo: {} });
    const result = await client.result("tools/call", {
      name: "echo",
      arguments: { n: 1 },
      _meta: {
        progressToken: "p",
        traceparent: "t",
        "io.modelcontextprotocol/related-task": { taskId: "x" },
      },
    });
    expect(result).toMatchObject(text("hi"));
    const { _meta, ...params } = lastCall(runtime);
    expect(params).toEqual({ name: "echo", arguments: { n: 1 } });
    expect(_meta).toEqual({
      [versionKey]: "2026-07-28",
      [capabilitiesKey]: {
        sampling: { tools: {} },
        elicitation: {},
        roots: {},
        // The gateway waits for tasks in its place.
        extensions: { "io.modelcontextprotocol/tasks": {} },
      },
      [infoKey]: expect.objectContaining({ name: "open-mcp-gateway" }),
      progressToken: expect.any(Number),
      traceparent: "t",
    });
  });

  test.each([{ _meta: null }, { _meta: {} }])("also with %j", async (params) => {
    const { client, runtime } = await connected({ echo: () => text("hi") });
    expect(await client.result("tools/call", { name: "echo", ...(params as Params) })).toMatchObject(
      text("hi"),
    );
    expect(lastCall(runtime)._meta).toMatchObject({ [versionKey]: "2026-07-28" });
  });

  test("says which log messages the client wants; the server is never told otherwise", async () => {
    const capabilities = { tools: {}, logging: {} };
    const { client, runtime } = await connected({ echo: () => text("hi") }, { capabilities });
    await client.call("echo");
    expect(lastCall(runtime)._meta).not.toHaveProperty([levelKey]);
    expect(await client.result("logging/setLevel", { level: "warning" })).toEqual({});
    await client.call("echo");
    expect(lastCall(runtime)._meta).toMatchObject({ [levelKey]: "warning" });
    expect(methodsOf(runtime.last)).not.toContain("logging/setLevel");
  });

  test("brings back progress and log messages of its own", async () => {
    const { client, gateway } = await connected(
      {
        work: (_args, instance, requestId) => {
          const progressToken = requestsOf(instance, "tools/call").at(-1)?.params._meta?.progressToken;
          instance.say({
            jsonrpc: "2.0",
            method: "notifications/progress",
            params: { progressToken, progress: 1 },
          });
          instance.say(
            { jsonrpc: "2.0", method: "notifications/message", params: { level: "error", data: "d" } },
            { requestId },
          );
          return text("done");
        },
        wait: never,
      },
      { perRequest: true },
    );
    const other = await TestClient.connect(gateway, "a");
    void other.call("wait");
    await client.result("tools/call", { name: "work", _meta: { progressToken: "mine" } });
    expect(client.received).toContainEqual(
      expect.objectContaining({
        method: "notifications/progress",
        params: { progressToken: "mine", progress: 1 },
      }),
    );
    expect((await client.heard("notifications/message")).params).toEqual({ level: "error", data: "d" });
    expect(other.received).toEqual([]);
  });

  test("gets a result of a type that it can not know as an error", async () => {
    const { client } = await connected({ echo: () => ({ resultType: "later" }) });
    const refusal = await client.refusal("tools/call", { name: "echo" });
    expect(refusal).toMatchObject({ reason: "upstream_protocol_error", executed: "unknown" });
    expect(refusal.message).toContain('"later"');
  });

  test("gets the server's own errors", async () => {
    const methods = {
      "resources/read": () => {
        throw Object.assign(new Error("no such resource"), { code: -32602, data: { uri: "x:1" } });
      },
    };
    const { client } = await connected({}, { methods });
    expect(await client.ask("resources/read", { uri: "x:1" })).toMatchObject({
      error: { code: -32602, message: "no such resource", data: { uri: "x:1" } },
    });
  });

  test("tells of no change of its roots", async () => {
    const { client, runtime } = await connected({ echo: () => text("hi") });
    await client.call("echo");
    client.notify("notifications/roots/list_changed");
    client.notify("notifications/of/another/vocabulary");
    await settle();
    expect(methodsOf(runtime.last)).toContain("notifications/of/another/vocabulary");
    expect(methodsOf(runtime.last)).not.toContain("notifications/roots/list_changed");
  });
});

describe("a modern server on the aggregate", () => {
  test("is listed, called and introduced like any other", async () => {
    const { client, runtime } = await connected({ echo: () => text("hi") }, {}, "all");
    const { tools } = (await client.result("tools/list")) as { tools: { name: string }[] };
    expect(tools.map(({ name }) => name)).toEqual(["a__echo"]);
    expect(await client.call("a__echo")).toBe("hi");
    expect(lastCall(runtime).name).toBe("echo");
    const introduction = await client.result("initialize", {
      protocolVersion: "2025-11-25",
      capabilities: {},
    });
    expect(introduction.instructions).toContain("Be modern");
  });

  test("is well if it can introduce itself", async () => {
    let answers = true;
    const discovered = modernServer().methods["server/discover"] as Handler;
    const { gateway, runtime, clock } = await testGateway(
      {
        a: modernServer(
          { echo: () => text("hi") },
          { methods: { "server/discover": (...a) => (answers ? discovered(...a) : never(...a)) } },
        ),
      },
      { health_check_interval_seconds: 30 },
    );
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    await clock.advance(30_000);
    expect(methodsOf(runtime.last)).not.toContain("ping");
    expect(requestsOf(runtime.last, "server/discover")).toHaveLength(2);
    expect(gateway.server("a")?.state).toBe("ready");
    answers = false;
    await clock.advance(41_000);
    expect(gateway.server("a")?.state).not.toBe("ready");
  });

  test("may not ask its clients anything", async () => {
    const { client, runtime } = await connected({ wait: never });
    void client.call("wait");
    await settle();
    runtime.last.say({ jsonrpc: "2.0", id: "q", method: "roots/list" });
    await settle();
    expect(runtime.last.received.at(-1)).toMatchObject({ id: "q", error: { code: -32601 } });
    expect(client.received).toEqual([]);
  });
});

describe("cancelling a request to a modern server", () => {
  test("is told on one connection", async () => {
    const { client, runtime } = await connected({ wait: never });
    void client.ask("tools/call", { name: "wait" }, 7);
    await settle();
    client.notify("notifications/cancelled", { requestId: 7 });
    await settle();
    const [{ id }] = requestsOf(runtime.last, "tools/call") as unknown as [{ id: number }];
    expect(runtime.last.received.at(-1)).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: id },
    });
  });

  test("ends its stream where each goes by itself", async () => {
    const { client, runtime } = await connected({ wait: never }, { perRequest: true });
    void client.ask("tools/call", { name: "wait" }, 7);
    await settle();
    const signal = runtime.last.sent.at(-1)?.signal;
    expect(signal?.aborted).toBe(false);
    client.notify("notifications/cancelled", { requestId: 7 });
    await settle();
    expect(signal?.aborted).toBe(true);
    expect(methodsOf(runtime.last)).not.toContain("notifications/cancelled");
  });

  test("happens when its time is over", async () => {
    const { client, runtime, clock } = await connected({ wait: never }, { perRequest: true });
    const refusal = client.refusal("tools/call", { name: "wait" });
    await clock.advance(30_000);
    expect((await refusal).reason).toBe("upstream_timeout");
    expect(runtime.last.sent.at(-1)?.signal?.aborted).toBe(true);
  });
});

describe("where each request goes by itself, headers", () => {
  const listed = (properties: Params) => ({
    perRequest: true,
    methods: {
      "tools/list": () => ({ tools: [{ name: "echo", inputSchema: { type: "object", properties } }] }),
    },
  });
  const headersOf = (runtime: { last: { sent: unknown[]; received: unknown[] } }, method: string) => {
    const at = methodsOf(runtime.last as never).lastIndexOf(method);
    return (runtime.last.sent[at] as { headers: Record<string, string> }).headers;
  };

  test("say the version, the method and the name as they go up", async () => {
    const { client, runtime } = await connected({ echo: () => text("hi") }, { perRequest: true }, "all");
    await client.result("tools/list");
    await client.call("a__echo");
    const version = { "mcp-protocol-version": "2026-07-28" };
    expect(headersOf(runtime, "server/discover")).toEqual({ ...version, "mcp-method": "server/discover" });
    expect(headersOf(runtime, "tools/list")).toEqual({ ...version, "mcp-method": "tools/list" });
    expect(headersOf(runtime, "tools/call")).toEqual({
      ...version,
      "mcp-method": "tools/call",
      "mcp-name": "echo",
    });
  });

  test.each([
    ["x:ü", "=?base64?eDrDvA==?="],
    [" x", "=?base64?IHg=?="],
    ["=?base64?literal?=", "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?="],
    ["line1\nline2", "=?base64?bGluZTEKbGluZTI=?="],
    ["file:///a b", "file:///a b"],
  ])("hold %j safely", async (uri, header) => {
    const methods = { "resources/read": () => ({ contents: [] }) };
    const { client, runtime } = await connected({}, { perRequest: true, methods });
    await client.result("resources/read", { uri });
    expect(headersOf(runtime, "resources/read")["mcp-name"]).toBe(header);
  });

  test("mirror the arguments that the tool wants mirrored", async () => {
    const inner = { type: "object", properties: { deep: { type: "boolean", "x-mcp-header": "Deep" } } };
    const { client, runtime } = await connected(
      { echo: () => text("hi") },
      listed({
        region: { type: "string", "x-mcp-header": "Region" },
        count: { type: "integer", "x-mcp-header": "Count" },
        absent: { type: "string", "x-mcp-header": "Absent" },
        empty: { type: "string", "x-mcp-header": "Empty" },
        inner,
      }),
    );
    await client.call("echo", { region: "Zürich", count: -7, empty: null, inner: { deep: true } });
    expect(headersOf(runtime, "tools/call")).toEqual({
      "mcp-protocol-version": "2026-07-28",
      "mcp-method": "tools/call",
      "mcp-name": "echo",
      "mcp-param-region": "=?base64?WsO8cmljaA==?=",
      "mcp-param-count": "-7",
      "mcp-param-deep": "true",
    });
    expect(requestsOf(runtime.last, "tools/list")).toHaveLength(1);
  });

  test.each([
    ["no name", { a: { type: "string", "x-mcp-header": "" } }],
    ["a name that is none", { a: { type: "string", "x-mcp-header": "a b" } }],
    ["a number", { a: { type: "number", "x-mcp-header": "A" } }],
    [
      "the same twice",
      { a: { type: "string", "x-mcp-header": "A" }, b: { type: "string", "x-mcp-header": "a" } },
    ],
    ["an element", { a: { type: "array", items: { type: "string", "x-mcp-header": "A" } } }],
    ["an alternative", { a: { anyOf: [{ type: "string", "x-mcp-header": "A" }] } }],
  ])("%s: the tool is not offered", async (_what, properties) => {
    const { client, events } = await connected({ echo: () => text("hi") }, listed(properties), "all");
    expect((await client.result("tools/list")).tools).toEqual([]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "server-warning", message: expect.stringContaining("'echo'") }),
    );
  });

  test("that the server does not accept make its list be asked for anew; the call is not sent again", async () => {
    const methods = {
      "tools/call": () => {
        throw Object.assign(new Error("header mismatch"), { code: -32020 });
      },
    };
    const { client, runtime, clock } = await connected(
      { echo: () => text("hi") },
      { perRequest: true, methods },
    );
    await client.result("tools/list");
    await settle();
    const before = requestsOf(runtime.last, "tools/list").length;
    expect(await client.ask("tools/call", { name: "echo" })).toMatchObject({ error: { code: -32020 } });
    await clock.advance(200);
    expect(requestsOf(runtime.last, "tools/list")).toHaveLength(before + 1);
    expect(requestsOf(runtime.last, "tools/call")).toHaveLength(1);
    await client.heard("notifications/tools/list_changed");
  });

  test("are not sent on one connection", async () => {
    const { client, runtime } = await connected({ echo: () => text("hi") });
    await client.call("echo");
    expect(runtime.last.sent.filter((options) => options?.headers)).toEqual([]);
  });
});

describe("a request of a modern client to a modern server", () => {
  const modern: Caller = {
    id: "m",
    era: "modern",
    capabilities: {},
    tell() {},
    relay() {},
    ask: () => Promise.reject(new Error("not asked")),
  };
  const callOf = (params: Params, headers?: Record<string, string>) => {
    const call = new Call(requestFrame("c", "tools/call", params), modern);
    call.headers = headers;
    return call;
  };
  const meta = { [versionKey]: "2026-07-28", [capabilitiesKey]: { extensions: { x: {} } }, "vendor/y": [1] };

  const upstreamOn = (server: FakeServer) => {
    const instance = new FakeInstance(server, "i", () => {});
    const upstream = new Upstream({
      taskOwners: modernTaskOwners(),
      server: "a",
      transport: instance.transport,
      clock: new VirtualClock(),
      limits: { callTimeoutMs: 1000, maxCallMs: 1000, maxCallsInFlight: 10 },
      events: { onChange() {}, onDropped() {}, onLost() {}, onBusy() {} },
    });
    upstream.speak("modern");
    return { upstream, instance };
  };

  test("stays as it is, and so does every answer", async () => {
    const need = {
      resultType: "input_required",
      inputRequests: { q: { method: "roots/list" } },
      requestState: "s",
    };
    const { upstream, instance } = upstreamOn(modernServer({ echo: () => need }));
    const answer = await upstream.forward(callOf({ name: "echo", arguments: {}, _meta: meta }));
    expect(answer.value()).toMatchObject({ result: need });
    expect(requestsOf(instance, "tools/call")[0]?.params._meta).toEqual(meta);
  });

  test("goes on with its own headers for arguments, and with no others of its own", async () => {
    const { upstream, instance } = upstreamOn(modernServer({ echo: () => text("hi") }, { perRequest: true }));
    const headers = { "Mcp-Param-Region": "r", "mcp-name": "other", cookie: "c" };
    await upstream.forward(callOf({ name: "echo", _meta: meta }, headers));
    expect(instance.sent.at(-1)?.headers).toEqual({
      "mcp-param-region": "r",
      "mcp-name": "echo",
      "mcp-method": "tools/call",
      "mcp-protocol-version": "2026-07-28",
    });
  });
});

describe("what a modern server says of caching", () => {
  test("is kept with its listing, over all pages and in the store", async () => {
    const pages: Record<string, Params> = {
      "": { tools: [{ name: "x" }], nextCursor: "2", ttlMs: 500, cacheScope: "private" },
      "2": { tools: [{ name: "y" }], ttlMs: 700, cacheScope: "public" },
    };
    const server = modernServer(
      {},
      {
        capabilities: { tools: {}, resources: {} },
        methods: {
          "tools/list": ({ cursor = "" }) => pages[String(cursor)] as Params,
          "resources/list": () => ({ resources: [], ttlMs: 60_000, cacheScope: "public" }),
          "resources/templates/list": () => ({ resourceTemplates: [] }),
        },
      },
    );
    const values = new Map<string, string>();
    const store = {
      get: async (key: string) => values.get(key),
      set: async (key: string, value: string) => void values.set(key, value),
      delete: async (key: string) => void values.delete(key),
    };
    const { gateway } = await testGateway({ a: server }, {}, {}, {}, store);
    await gateway.warmServer("a");
    const stored = [...values].find(([key]) => key.startsWith("core.listings/"))?.[1] ?? "";
    expect(parseListing(stored)?.caching).toEqual({
      tools: { ttlMs: 500, cacheScope: "private" },
      // It has none, and said so when it introduced itself.
      prompts: { ttlMs: 1000, cacheScope: "public" },
      resources: { ttlMs: 60_000, cacheScope: "public" },
      resourceTemplates: { ttlMs: 0, cacheScope: "private" },
    });
  });

  test("is nothing for a legacy one", async () => {
    expect(parseListing('{"introduction":{"capabilities":{}},"tools":[]}')?.caching).toBeUndefined();
  });
});
