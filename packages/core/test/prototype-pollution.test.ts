import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCatalog, parseConfig } from "../src/config/index.ts";
import { OmgError, parseFrame } from "../src/runtime/index.ts";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeServer, fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const names = ["__proto__", "constructor", "toString", "prototype", "hasOwnProperty"];

function mustBeUnpolluted(): void {
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(Object.keys(Object)).toEqual([]);
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
}

test("these tests run without __proto__", () => {
  const key: string = "__proto__";
  expect(() => ({})[key as never]).toThrow("disallowed");
});

describe("names that JavaScript knows", () => {
  /** A server whose every item has one of these names, and tells of itself. */
  function named(id: string): FakeServer {
    return fakeServer(
      {},
      {
        methods: {
          initialize: ({ protocolVersion }) => ({
            protocolVersion,
            capabilities: { tools: {}, prompts: {}, resources: {} },
            serverInfo: { name: id, version: "1" },
          }),
          "tools/list": () => ({ tools: names.map((name) => ({ name })) }),
          "prompts/list": () => ({ prompts: names.map((name) => ({ name })) }),
          "resources/list": () => ({ resources: names.map((name) => ({ uri: `${id}:${name}`, name })) }),
          "tools/call": ({ name, arguments: given }) => text(JSON.stringify([id, name, given])),
          "prompts/get": ({ name }) => ({ messages: [], description: `${id} ${name}` }),
          "resources/read": ({ uri }) => ({ contents: [{ uri, text: `${id} ${uri}` }] }),
        },
      },
    );
  }

  test("of servers, tools, prompts, resources and arguments lead where they say", async () => {
    const servers = Object.fromEntries(names.map((id) => [id, named(id)]));
    const { gateway } = await testGateway(servers, { servers: names.map((id) => fakeEntry(id)) });
    const all = await TestClient.connect(gateway);
    const tools = (await all.result("tools/list")).tools as { name: string }[];
    const prompts = (await all.result("prompts/list")).prompts as { name: string }[];
    const resources = (await all.result("resources/list")).resources as { uri: string }[];
    const given = JSON.parse(
      '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
    ) as Params;
    for (const [index, id] of names.flatMap((server) => names.map(() => server)).entries()) {
      const name = names[index % names.length];
      const told = await all.call(tools[index]?.name ?? "", given);
      expect(told).toBe(JSON.stringify([id, name, given]));
      expect((await all.result("prompts/get", { name: prompts[index]?.name })).description).toBe(
        `${id} ${name}`,
      );
      expect((await all.result("resources/read", { uri: resources[index]?.uri })).contents).toEqual([
        { uri: resources[index]?.uri, text: expect.stringMatching(`^${id} .*${name}$`) },
      ]);
    }
    for (const id of names) {
      const one = await TestClient.connect(gateway, id);
      expect(await one.call("__proto__", given)).toBe(JSON.stringify([id, "__proto__", given]));
    }
    mustBeUnpolluted();
  });

  test("lead nowhere when nobody has them", async () => {
    const { gateway } = await testGateway({ a: fakeServer({ x: () => text("x") }) });
    const client = await TestClient.connect(gateway);
    await client.result("tools/list");
    for (const name of names) {
      expect(await client.refusal("tools/call", { name })).toMatchObject({ reason: "unknown_tool" });
      expect(await client.refusal(name)).toMatchObject({ reason: "method_not_found" });
      expect(gateway.server(name)).toBeUndefined();
      await expect(gateway.startServer(name)).rejects.toMatchObject({ reason: "server_unknown" });
    }
  });
});

describe("ten thousand messages and configurations that would pollute", () => {
  const key = fc.constantFrom(
    ...names,
    "polluted",
    "params",
    "_meta",
    "arguments",
    "name",
    "env",
    "tools",
    "rename",
  );
  /** JSON with such keys at any depth, which an object in JavaScript could not hold. */
  const { json } = fc.letrec<{ json: string }>((tie) => ({
    json: fc.oneof(
      { depthSize: "small" },
      fc.constantFrom("1", "null", '"__proto__"', '"constructor"'),
      fc
        .uniqueArray(fc.tuple(key, tie("json")), { maxLength: 4, selector: ([name]) => name })
        .map((members) => {
          return `{${members.map(([name, value]) => `"${name}":${value}`).join()}}`;
        }),
      fc.array(tie("json"), { maxLength: 2 }).map((items) => `[${items.join()}]`),
    ),
  }));
  const method = fc.constantFrom(
    "tools/call",
    "tools/list",
    "prompts/get",
    "resources/read",
    "completion/complete",
    "logging/setLevel",
    "initialize",
    ...names,
  );

  test("leave all objects as they are", async () => {
    const given: Handler = (params) => params;
    const echo = fakeServer({ x: given, constructor: given });
    const { gateway } = await testGateway({ s: echo, __proto__x: echo });
    const client = await TestClient.connect(gateway);
    let messages = 0;
    const calls = fc.tuple(method, fc.constantFrom("s__x", "s__constructor", ...names), json, json);
    for (const [at, [called, name, holding, meta]] of fc
      .sample(calls, { numRuns: 8500, seed: 1 })
      .entries()) {
      const params = `{"name":"${name}","uri":"${name}:","level":"${name}","arguments":${holding},"_meta":${meta}}`;
      const message = `{"jsonrpc":"2.0","id":"f${at}","method":"${called}","params":${params},"__proto__":${meta}}`;
      try {
        client.onframe?.(parseFrame(Buffer.from(message)));
      } catch (error) {
        if (!OmgError.is(error)) throw error;
      }
      messages++;
      if (messages % 500 === 0) await settle();
    }
    for (const value of fc.sample(json, { numRuns: 1500, seed: 2 })) {
      const entry = `{"id":"a","runtime":{"type":"x","options":${value}},"env":${value},"tools":${value}}`;
      const file = `{"servers":[${entry}],"constructor":${value},"__proto__":${value}}`;
      const parse = messages % 2 === 0 ? parseConfig : parseCatalog;
      parse(file, "c.yaml", { variable: () => undefined });
      messages++;
    }
    await settle();
    expect(messages).toBe(10_000);
    const answers = client.received.filter((message) => "result" in message);
    expect(answers.length, "calls that reach a server").toBeGreaterThan(500);
    mustBeUnpolluted();
  }, 60_000);
});
