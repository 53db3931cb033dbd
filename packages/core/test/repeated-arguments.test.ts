import { describe, expect, test } from "vitest";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { AskingServer, form, rounds } from "./support/asking-server.ts";
import { type FakeInstance, type FakeServer, fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { allCapabilities, ModernClient } from "./support/modern-client.ts";
import { modernServer, requestsOf } from "./support/modern-server.ts";

const properties: Params = {
  region: { type: "string", "x-mcp-header": "Region" },
  count: { type: "integer", "x-mcp-header": "Count" },
  inner: { type: "object", properties: { deep: { type: "boolean", "x-mcp-header": "Deep" } } },
};
const listing = (wanted: Params) => () => ({
  tools: [
    { name: "echo", inputSchema: { type: "object", properties: wanted } },
    { name: "plain", inputSchema: { type: "object" } },
  ],
});
const tools = { echo: () => text("hi"), plain: () => text("hi") };
const methods = { "tools/list": listing(properties) };

/** Servers that do not see the headers of the gateway's clients. */
const blind: Record<string, () => FakeServer> = {
  "a legacy server on one connection": () => fakeServer(tools, { methods: legacy(methods) }),
  "a legacy server over HTTP": () => fakeServer(tools, { methods: legacy(methods), perRequest: true }),
  "a modern server on one connection": () => modernServer(tools, { methods }),
};

/** `fakeServer` takes methods in the place of its own. */
function legacy(own: FakeServer["methods"]): FakeServer["methods"] {
  return { ...fakeServer(tools).methods, ...own };
}

async function connected(
  server: FakeServer,
  at: string | undefined = "a",
  scope: "shared" | "session" = "shared",
) {
  const parts = await testGateway({ a: server }, {}, { scope });
  const client = new ModernClient(parts.gateway, { server: at });
  const call = (args: Params, headers?: Record<string, string>, name = "echo") => {
    const params = { name: at === undefined ? `a__${name}` : name, arguments: args };
    return client.ask("tools/call", params, { headers });
  };
  return { ...parts, client, call };
}

const calls = ({ instances }: { instances: FakeInstance[] }) =>
  instances.reduce((sum, instance) => sum + requestsOf(instance, "tools/call").length, 0);
const messageOf = (answer: JsonRpcMessage) => ("error" in answer ? answer.error.message : undefined);

describe.each(Object.entries(blind))("headers that repeat arguments for %s", (_what, server) => {
  test.each([
    ["alike", { region: "r", count: 7, inner: { deep: true } }, { Region: "r", Count: "7", Deep: "true" }],
    ["encoded", { region: "Zürich" }, { Region: "=?base64?WsO8cmljaA==?=" }],
    ["encoded without need", { region: "Hello" }, { Region: "=?base64?SGVsbG8=?=" }],
    ["that look encoded", { region: "=?base64?SGVsbG8=" }, { Region: "=?base64?SGVsbG8=" }],
    ["equal as numbers", { count: -42 }, { Count: "-42.0" }],
    ["in other letters", { region: "r" }, { REGION: "r" }],
    ["of nothing", { region: null, inner: null }, {}],
    ["that the tool does not know", {}, { Other: "x" }],
    ["empty", { region: "" }, { Region: "" }],
  ])("may be %s", async (_how, args: Params, headers: Params) => {
    const { call, runtime } = await connected(server());
    expect(await call(args, mirrored(headers))).toMatchObject({ result: text("hi") });
    expect(calls(runtime)).toBe(1);
  });

  test.each([
    ["missing", { region: "r" }, {}, "Mcp-Param-Region"],
    ["missing for an argument inside another", { inner: { deep: false } }, {}, "Mcp-Param-Deep"],
    ["different", { region: "r" }, { Region: "R" }, "Mcp-Param-Region"],
    ["another number", { count: 7 }, { Count: "8" }, "Mcp-Param-Count"],
    ["no number", { count: 0 }, { Count: "" }, "Mcp-Param-Count"],
    ["nearly the number", { count: 42 }, { Count: "42.00000000000000000001" }, "Mcp-Param-Count"],
    ["beyond the safe range", { count: 2 ** 53 }, { Count: String(2 ** 53) }, "Mcp-Param-Count"],
    ["of another kind", { region: ["r"] }, { Region: "r" }, "Mcp-Param-Region"],
    ["badly encoded", { region: "Hello" }, { Region: "=?base64?SGVsbG8?=" }, "Mcp-Param-Region"],
    ["no UTF-8", { region: "\ufffd" }, { Region: "=?base64?/w==?=" }, "Mcp-Param-Region"],
    ["there for null", { region: null }, { Region: "null" }, "Mcp-Param-Region"],
    ["there for nothing", {}, { Count: "1" }, "Mcp-Param-Count"],
  ])("must not be %s", async (_how, args: Params, headers: Params, name) => {
    const { call, runtime } = await connected(server());
    const answer = await call(args, mirrored(headers));
    expect(answer).toMatchObject({ error: { code: -32020, data: { reason: "header_mismatch" } } });
    expect(messageOf(answer)).toContain(name);
    expect(calls(runtime)).toBe(0);
  });

  test("are asked of nobody who has none to send", async () => {
    const { call, runtime } = await connected(server());
    expect(await call({ region: "r" })).toMatchObject({ result: text("hi") });
    expect(requestsOf(runtime.last, "tools/list")).toEqual([]);
  });

  test("are looked for by the server's own names where all servers are one", async () => {
    const { call, runtime } = await connected(server(), undefined);
    expect(await call({ region: "r" }, {})).toMatchObject({ error: { code: -32020 } });
    expect(await call({ region: "r" }, mirrored({ Region: "r" }))).toMatchObject({ result: text("hi") });
    expect(calls(runtime)).toBe(1);
  });

  test("are checked where each call has an instance for itself", async () => {
    const { call, runtime } = await connected(server(), "a", "session");
    expect(await call({ region: "r" }, {})).toMatchObject({ error: { code: -32020 } });
    expect(await call({ region: "r" }, mirrored({ Region: "r" }))).toMatchObject({ result: text("hi") });
    expect(calls(runtime)).toBe(1);
  });

  test("are asked for once, and not again for tools that want none", async () => {
    const { call, runtime } = await connected(server());
    for (let round = 0; round < 3; round++) {
      expect(await call({ region: "r" }, {}, "plain")).toMatchObject({ result: text("hi") });
    }
    expect(requestsOf(runtime.last, "tools/list")).toHaveLength(1);
  });
});

function mirrored(headers: Params): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [`Mcp-Param-${name}`, String(value)]),
  );
}

test("headers of a modern server over HTTP are left to the server", async () => {
  const { call, runtime } = await connected(modernServer(tools, { methods, perRequest: true }));
  expect(await call({ region: "r" }, {})).toMatchObject({ result: text("hi") });
  expect(requestsOf(runtime.last, "tools/list")).toEqual([]);
});

test("a tool that asks for headers as MCP forbids gets none, and is called", async () => {
  const faulty = { region: { type: "number", "x-mcp-header": "Region" } };
  const { call } = await connected(fakeServer(tools, { methods: legacy({ "tools/list": listing(faulty) }) }));
  expect(await call({ region: 1 }, {})).toMatchObject({ result: text("hi") });
});

test("a description that has changed without a word is asked for again before a call is refused", async () => {
  let wanted = properties;
  const { call, runtime } = await connected(
    fakeServer(tools, { methods: legacy({ "tools/list": () => listing(wanted)() }) }),
  );
  expect(await call({ region: "r" }, mirrored({ Region: "r" }))).toMatchObject({ result: text("hi") });
  wanted = { region: { type: "string", "x-mcp-header": "Place" } };
  expect(await call({ region: "r" }, mirrored({ Place: "r" }))).toMatchObject({ result: text("hi") });
  expect(await call({ region: "r" }, mirrored({ Region: "r" }))).toMatchObject({ error: { code: -32020 } });
  expect(calls(runtime)).toBe(2);
});

test("who comes back to a call must repeat its arguments, too", async () => {
  const asker = new AskingServer({ echo: rounds([form("Who?")]) });
  asker.server.methods["tools/list"] = listing(properties);
  const { client, clock } = await connected(asker.server);
  const ask = async (more: Params, headers: Record<string, string>) => {
    const params = { name: "echo", arguments: { region: "r" }, ...more };
    const answer = client.ask("tools/call", params, { headers, capabilities: allCapabilities });
    await clock.advance(20);
    return answer;
  };
  const first = (await ask({}, mirrored({ Region: "r" }))) as { result: Params };
  const back = {
    requestState: first.result.requestState,
    inputResponses: { q1: { action: "accept", content: {} } },
  };
  expect(await ask(back, {})).toMatchObject({ error: { code: -32020 } });
  expect(await ask(back, mirrored({ Region: "r" }))).toMatchObject({ result: { resultType: "complete" } });
  expect(asker.runs.echo).toBe(1);
});
