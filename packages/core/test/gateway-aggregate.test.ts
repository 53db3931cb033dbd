import { describe, expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const echo = { echo: () => text("hi") };
const namesOf = (result: Params, kind = "tools") =>
  (result[kind] as { name: string }[]).map(({ name }) => name);

describe("listing all servers", () => {
  test("merges their tools under server__tool, in the order of the catalog, untouched otherwise", async () => {
    const tool = {
      name: "q",
      inputSchema: { type: "object" },
      "x-vendor": { big: 1 },
      annotations: { readOnlyHint: true },
    };
    const { gateway } = await testGateway({
      b: fakeServer({}, { methods: { "tools/list": () => ({ tools: [tool] }) } }),
      a: fakeServer({ first: () => text(""), second: () => text("") }),
    });
    const client = await TestClient.connect(gateway);
    const result = await client.result("tools/list");
    expect(namesOf(result)).toEqual(["b__q", "a__first", "a__second"]);
    expect((result.tools as unknown[])[0]).toEqual({ ...tool, name: "b__q" });
    expect(result._meta).toBeUndefined();
  });

  test("follows every page of a server", async () => {
    const pages: Record<string, Params> = {
      "": { tools: [{ name: "one" }], nextCursor: "p2" },
      p2: { tools: [{ name: "two" }], nextCursor: "p3" },
      p3: { tools: [{ name: "three" }] },
    };
    const paged = fakeServer(
      {},
      { methods: { "tools/list": ({ cursor }) => pages[String(cursor ?? "")] as Params } },
    );
    const { gateway } = await testGateway({ a: paged });
    const client = await TestClient.connect(gateway);
    expect(namesOf(await client.result("tools/list"))).toEqual(["a__one", "a__two", "a__three"]);
    expect(await client.refusal("tools/list", { cursor: "p2" })).toMatchObject({ reason: "bad_params" });
  });

  test("a list that goes in a circle, or never ends, is left out with a warning and harms no other", async () => {
    let page = 0;
    const { gateway, events } = await testGateway({
      circle: fakeServer(
        {},
        { methods: { "tools/list": () => ({ tools: [{ name: "x" }], nextCursor: "again" }) } },
      ),
      endless: fakeServer(
        {},
        { methods: { "tools/list": () => ({ tools: [], nextCursor: String(page++) }) } },
      ),
      good: fakeServer(echo),
    });
    const client = await TestClient.connect(gateway);
    expect(namesOf(await client.result("tools/list"))).toEqual(["good__echo"]);
    const warnings = events.flatMap((event) => (event.type === "server-warning" ? [event.server] : []));
    expect(warnings.sort()).toEqual(["circle", "endless"]);
  });

  test("a broken server is left out and named; the others are listed", async () => {
    const beforeStart = () => Promise.reject(new Error("broken"));
    const { gateway } = await testGateway({ bad: fakeServer(echo, { beforeStart }), good: fakeServer(echo) });
    const client = await TestClient.connect(gateway);
    const result = await client.result("tools/list");
    expect(namesOf(result)).toEqual(["good__echo"]);
    expect(result._meta).toEqual({ "io.omg/missing": ["bad"] });
  });

  test("a slow server delays the list three seconds at most, once, and is announced when it is there", async () => {
    const gate = Promise.withResolvers<void>();
    const { gateway, clock } = await testGateway({
      slow: fakeServer(echo, { beforeStart: () => gate.promise }),
      good: fakeServer(echo),
    });
    const client = await TestClient.connect(gateway);
    const first = client.result("tools/list");
    await clock.advance(2999);
    expect(client.received).toHaveLength(0);
    await clock.advance(1);
    expect(namesOf(await first)).toEqual(["good__echo"]);
    expect(namesOf(await client.result("tools/list"))).toEqual(["good__echo"]);
    gate.resolve();
    await clock.advance(150);
    await client.heard("notifications/tools/list_changed");
    expect(namesOf(await client.result("tools/list"))).toEqual(["slow__echo", "good__echo"]);
  });

  test("a list is remembered while its server is stopped", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo) },
      { idle_timeout_seconds: 1 },
    );
    const client = await TestClient.connect(gateway);
    await client.result("tools/list");
    await clock.advance(2000);
    expect(runtime.running).toBe(0);
    expect(namesOf(await client.result("tools/list"))).toEqual(["a__echo"]);
    expect(runtime.starts).toBe(1);
  });

  test("a server that announces a change is asked again, and clients that listed it before are told once", async () => {
    let tools = [{ name: "old" }];
    const { gateway, runtime, clock } = await testGateway({
      a: fakeServer({}, { methods: { "tools/list": () => ({ tools }) } }),
    });
    const listed = await TestClient.connect(gateway);
    const never = await TestClient.connect(gateway);
    await listed.result("tools/list");
    tools = [{ name: "new" }];
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    await clock.advance(150);
    await listed.heard("notifications/tools/list_changed");
    expect(namesOf(await listed.result("tools/list"))).toEqual(["a__new"]);
    await clock.advance(1000);
    const heard = (client: TestClient) => client.received.filter((message) => "method" in message).length;
    expect([heard(listed), heard(never)]).toEqual([1, 0]);
  });

  test("prompts, resources and templates are merged and routed", async () => {
    const methods = {
      initialize: (params: Params) => ({
        protocolVersion: params.protocolVersion,
        capabilities: { prompts: {}, resources: {}, completions: {} },
        serverInfo: { name: "x", version: "1" },
      }),
      "prompts/list": () => ({ prompts: [{ name: "greet" }] }),
      "prompts/get": ({ name }: Params) => ({ messages: [], description: `prompt ${String(name)}` }),
      "resources/list": () => ({ resources: [{ uri: "note://1", name: "one" }] }),
      "resources/templates/list": () => ({
        resourceTemplates: [{ uriTemplate: "note://{id}/body", name: "t" }],
      }),
      "resources/read": ({ uri }: Params) => ({ contents: [{ uri, text: "a" }] }),
      "completion/complete": ({ ref }: Params) => ({ completion: { values: [JSON.stringify(ref)] } }),
    };
    const { gateway } = await testGateway({ a: fakeServer({}, { methods }), b: fakeServer(echo) });
    const client = await TestClient.connect(gateway);
    expect(namesOf(await client.result("prompts/list"), "prompts")).toEqual(["a__greet"]);
    expect(await client.result("prompts/get", { name: "a__greet" })).toMatchObject({
      description: "prompt greet",
    });
    expect(await client.result("resources/list")).toEqual({ resources: [{ uri: "note://1", name: "one" }] });
    expect(await client.result("resources/read", { uri: "note://1" })).toMatchObject({
      contents: [{ uri: "note://1" }],
    });
    expect(await client.result("resources/read", { uri: "note://7/body" })).toMatchObject({
      contents: [{ text: "a" }],
    });
    expect(await client.refusal("resources/read", { uri: "other://1" })).toMatchObject({
      reason: "unknown_resource",
    });
    const ref = { type: "ref/prompt", name: "a__greet" };
    const completed = await client.result("completion/complete", { ref, argument: { name: "x", value: "" } });
    expect(JSON.stringify(completed)).toContain('\\"name\\":\\"greet\\"');
  });
});

describe("calling through the aggregate", () => {
  test("an unknown tool is refused without starting anything that is known not to have it", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway);
    for (const name of ["echo", "b__echo", "a__", "", "__proto__", "constructor"]) {
      expect(await client.refusal("tools/call", { name })).toMatchObject({
        reason: "unknown_tool",
        executed: "no",
      });
    }
    expect(await client.refusal("tools/call", {})).toMatchObject({ reason: "bad_params" });
    expect(runtime.starts).toBeLessThanOrEqual(1);
  });

  test("names that meet after the prefix reach the server they came from", async () => {
    const says = (what: string) => () => text(what);
    const { gateway } = await testGateway({
      acme: fakeServer({ _status: says("acme"), "a.b": says("dot"), a_b: says("plain") }),
      acme_: fakeServer({ status: says("acme_") }),
      "acme.": fakeServer({ status: says("acme.") }),
    });
    const client = await TestClient.connect(gateway);
    const names = namesOf(await client.result("tools/list"));
    expect(new Set(names).size).toBe(5);
    const answers = await Promise.all(names.map((name) => client.call(name)));
    expect(answers).toEqual(["acme", "dot", "plain", "acme_", "acme."]);
  });

  test("a disabled server says why, and the others work", async () => {
    const { gateway } = await testGateway({ a: fakeServer(echo) }, {}, { problem: undefined });
    await gateway[Symbol.asyncDispose]();
    const other = await testGateway(
      { bad: fakeServer(echo) },
      {},
      { problem: "The variable ${KEY} is not set" },
    );
    const client = await TestClient.connect(other.gateway);
    const refusal = await client.refusal("tools/call", { name: "bad__echo" });
    expect(refusal).toMatchObject({ reason: "server_disabled" });
    expect(refusal.message).toContain("The variable ${KEY} is not set");
    expect(other.gateway.server("bad")?.state).toBe("disabled");
  });

  test("a method that concerns no server is refused", async () => {
    const { gateway } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway);
    expect(await client.ask("acme/anything")).toMatchObject({ error: { code: -32601 } });
    expect(await client.result("ping")).toEqual({});
  });

  test("with scope: session each session has an instance of its own, which ends with it", async () => {
    let made = 0;
    const server = fakeServer(
      {},
      {
        methods: {
          "tools/call": (_, instance) => text(instance.id),
          "tools/list": () => ({ tools: [{ name: `own${made++}` }] }),
        },
      },
    );
    const { gateway, runtime } = await testGateway({ a: server }, {}, { scope: "session" });
    const [one, two] = [await TestClient.connect(gateway), await TestClient.connect(gateway)];
    const lists = await Promise.all([one, two].map((client) => client.result("tools/list")));
    expect(lists.map((list) => namesOf(list))).toEqual([["a__own0"], ["a__own1"]]);
    const ids = [await one.call("a__own0"), await one.call("a__own0"), await two.call("a__own1")];
    expect(ids[0]).toBe(ids[1]);
    expect(ids[0]).not.toBe(ids[2]);
    expect(runtime.running).toBe(2);
    await one.session?.close();
    expect(runtime.running).toBe(1);
    await settle();
    expect(await two.call("a__own1")).toBe(ids[2]);
  });
});
