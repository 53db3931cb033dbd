import { describe, expect, test } from "vitest";
import { OmgError } from "../src/runtime/errors.ts";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeInstance, fakeServer, text } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

/** A server with resources, which remembers what it was asked of them. */
function resources(uris = ["x:1", "x:2"]) {
  const asked: string[] = [];
  const handle = (verb: string) => (params: Params) => {
    asked.push(`${verb} ${params.uri}`);
    if (params.uri === "x:bad") throw Object.assign(new Error("no such thing"), { code: -32002 });
    return {};
  };
  const server = fakeServer(
    { echo: () => text("hi") },
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { tools: {}, resources: { subscribe: true } },
          serverInfo: { name: "r", version: "1" },
        }),
        "resources/list": () => ({ resources: uris.map((uri) => ({ uri, name: uri })) }),
        "resources/templates/list": () => ({ resourceTemplates: [] }),
        "resources/read": ({ uri }) => ({ contents: [{ uri, text: "r" }] }),
        "resources/subscribe": handle("+"),
        "resources/unsubscribe": handle("-"),
      },
    },
  );
  return { server, asked };
}

function update(instance: FakeInstance, uri: string): void {
  instance.say({ jsonrpc: "2.0", method: "notifications/resources/updated", params: { uri } });
}

function updatesOf(client: TestClient): unknown[] {
  return client.received.flatMap((message) =>
    "method" in message && message.method === "notifications/resources/updated" ? [message.params?.uri] : [],
  );
}

describe("subscriptions", () => {
  test("end with a reload that leaves their server unusable, and do not fail it", async () => {
    const { gateway, events } = await testGateway({ a: resources().server, b: resources().server });
    const client = await TestClient.connect(gateway, "a");
    await client.result("resources/subscribe", { uri: "x:1" });
    const report = await gateway.reload({
      servers: [fakeEntry("a", { pins: "block", env: { NEW: "1" } }), fakeEntry("b")],
      lock: { servers: new Map(), problem: "broken" },
    });
    expect(report).toMatchObject({ changed: ["a"], unchanged: ["b"] });
    expect(events.map(({ type }) => type)).toContain("catalog-reload");
    expect(gateway.server("a")?.state).toBe("disabled");
  });

  test("go up once for all sessions, and down with the last; updates reach who wants them", async () => {
    const { server, asked } = resources();
    const { gateway, runtime } = await testGateway({ a: server });
    const [one, two, three] = await Promise.all([
      TestClient.connect(gateway, "a"),
      TestClient.connect(gateway),
      TestClient.connect(gateway),
    ]);
    const both = [
      one.result("resources/subscribe", { uri: "x:1" }),
      two.result("resources/subscribe", { uri: "x:1" }),
    ];
    expect(await Promise.all(both)).toEqual([{}, {}]);
    await one.result("resources/subscribe", { uri: "x:1" });
    await three.result("resources/subscribe", { uri: "x:2" });
    expect(asked.toSorted()).toEqual(["+ x:1", "+ x:2"]);
    update(runtime.last, "x:1");
    update(runtime.last, "x:1/below");
    update(runtime.last, "x:10");
    await settle();
    expect(updatesOf(one)).toEqual(["x:1", "x:1/below"]);
    expect(updatesOf(two)).toEqual(["x:1", "x:1/below"]);
    expect(updatesOf(three)).toEqual([]);
    await one.result("resources/unsubscribe", { uri: "x:1" });
    await one.result("resources/unsubscribe", { uri: "x:2" });
    expect(asked).not.toContain("- x:1");
    expect(asked).not.toContain("- x:2");
    await two.session?.close();
    await settle();
    expect(asked).toContain("- x:1");
    update(runtime.last, "x:1");
    await settle();
    expect(updatesOf(one)).toHaveLength(2);
  });

  test("that the server refuses are none, and the refusal is the server's", async () => {
    const { server, asked } = resources(["x:bad"]);
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
    const client = await TestClient.connect(gateway, "a");
    const refused = { error: { code: -32002, message: "no such thing" } };
    expect(await client.ask("resources/subscribe", { uri: "x:bad" })).toMatchObject(refused);
    expect(await client.ask("resources/subscribe", { uri: "x:bad" })).toMatchObject(refused);
    expect(asked).toEqual(["+ x:bad", "+ x:bad"]);
    update(runtime.last, "x:bad");
    await clock.advance(11_000);
    expect(updatesOf(client)).toEqual([]);
    expect(runtime.running).toBe(0);
  });

  test("keep the server awake, and bring it back after a crash with all of them", async () => {
    const { server, asked } = resources();
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
    const client = await TestClient.connect(gateway);
    await client.result("resources/subscribe", { uri: "x:1" });
    await clock.advance(60_000);
    expect(runtime.running).toBe(1);
    runtime.last.crash();
    await settle();
    expect(runtime.starts).toBe(2);
    expect(asked).toEqual(["+ x:1", "+ x:1"]);
    runtime.last.crash();
    await clock.advance(30_000);
    expect(runtime.starts).toBe(3);
    update(runtime.last, "x:1");
    await settle();
    expect(updatesOf(client)).toEqual(["x:1"]);
    await client.result("resources/unsubscribe", { uri: "x:1" });
    await clock.advance(11_000);
    expect(runtime.running).toBe(0);
  });

  test("bring a server back that was stopped because it no longer answered", async () => {
    const { server, asked } = resources();
    let hangs = false;
    server.methods.ping = () => (hangs ? new Promise<Params>(() => {}) : {});
    const { gateway, runtime, clock } = await testGateway(
      { a: server },
      { health_check_interval_seconds: 30 },
    );
    const client = await TestClient.connect(gateway, "a");
    await client.result("resources/subscribe", { uri: "x:1" });
    hangs = true;
    await clock.advance(45_000);
    hangs = false;
    await clock.advance(1000);
    expect(runtime.starts).toBe(2);
    expect(runtime.running).toBe(1);
    expect(asked).toEqual(["+ x:1", "+ x:1"]);
  });

  test("do not hammer a server that wants a login", async () => {
    const { server } = resources();
    let wantsLogin = false;
    server.beforeStart = async () => {
      if (wantsLogin) throw new OmgError("upstream_auth_required", { message: "log in" });
    };
    const { gateway, runtime, clock } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    await client.result("resources/subscribe", { uri: "x:1" });
    wantsLogin = true;
    runtime.last.crash();
    await clock.advance(10_000);
    expect(runtime.starts).toBeLessThan(6);
    wantsLogin = false;
    await clock.advance(60_000);
    expect(runtime.running).toBe(1);
  });

  test("move to the server that a reload puts in the place of the old one", async () => {
    const { server, asked } = resources();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    await client.result("resources/subscribe", { uri: "x:1" });
    await gateway.reload({ servers: [fakeEntry("a", { env: { A: "1" } })] });
    await settle();
    expect(runtime.starts).toBe(2);
    expect(asked).toEqual(["+ x:1", "+ x:1"]);
    update(runtime.last, "x:1");
    await settle();
    expect(updatesOf(client)).toEqual(["x:1"]);
    await gateway.reload({ servers: [] });
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("of an instance of its own are the session's alone", async () => {
    const { server, asked } = resources();
    const { gateway, runtime } = await testGateway({ a: server }, {}, { scope: "session" });
    const one = await TestClient.connect(gateway);
    const two = await TestClient.connect(gateway);
    await one.result("resources/subscribe", { uri: "x:1" });
    const first = runtime.last;
    await two.result("resources/subscribe", { uri: "x:1" });
    expect(asked).toEqual(["+ x:1", "+ x:1"]);
    update(first, "x:1");
    await settle();
    expect(updatesOf(one)).toEqual(["x:1"]);
    expect(updatesOf(two)).toEqual([]);
    await one.session?.close();
    await two.session?.close();
    await settle();
    expect(runtime.running).toBe(0);
  });

  test("are a thousand at most for one session, however often it asks for the same", async () => {
    const { server, asked } = resources();
    const { gateway } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    for (let time = 0; time < 3; time++) await client.result("resources/subscribe", { uri: "x:0" });
    for (let n = 1; n < 1000; n++) await client.result("resources/subscribe", { uri: `x:${n}` });
    expect(asked).toHaveLength(1000);
    const refused = { reason: "overloaded", message: expect.stringContaining("1000 resource subscriptions") };
    expect(await client.refusal("resources/subscribe", { uri: "x:1000" })).toMatchObject(refused);
    await client.result("resources/unsubscribe", { uri: "x:0" });
    await client.result("resources/subscribe", { uri: "x:1000" });
  });

  test("whose first subscriber leaves early are made for the others", async () => {
    const held = Promise.withResolvers<Params>();
    const { server } = resources();
    let times = 0;
    server.methods["resources/subscribe"] = () => (++times === 1 ? held.promise : {});
    const { gateway } = await testGateway({ a: server });
    const one = await TestClient.connect(gateway, "a");
    const two = await TestClient.connect(gateway, "a");
    void one.ask("resources/subscribe", { uri: "x:1" });
    await settle();
    const second = two.result("resources/subscribe", { uri: "x:1" });
    await one.session?.close();
    expect(await second).toEqual({});
    expect(times).toBe(2);
  });
});
