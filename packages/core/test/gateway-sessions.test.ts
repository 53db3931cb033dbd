import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { describe, expect, test } from "vitest";
import { parseFrame } from "../src/runtime/frame.ts";
import type { Params, Transport } from "../src/runtime/transport.ts";
import { fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const echo = { echo: () => text("hi") };
const never: Handler = () => new Promise(() => {});
const namesOf = (result: Params) => (result.tools as { name: string }[]).map(({ name }) => name);

describe("a call that is cancelled", () => {
  test("while its server is being learned is never sent", async () => {
    let ran = 0;
    const tools = { run: () => text(String(++ran)) };
    const listed = Promise.withResolvers<Params>();
    const { gateway, runtime } = await testGateway({
      a: fakeServer(tools, { methods: { "tools/list": () => listed.promise } }),
    });
    const client = await TestClient.connect(gateway);
    void client.ask("tools/call", { name: "a__run" }, "mine");
    await settle();
    client.notify("notifications/cancelled", { requestId: "mine" });
    listed.resolve({ tools: [{ name: "run" }] });
    await settle();
    expect(ran).toBe(0);
    expect(runtime.last.received.map((message) => "method" in message && message.method)).not.toContain(
      "tools/call",
    );
  });

  test("by leaving, starts nothing for nobody", async () => {
    const { gateway, runtime } = await testGateway(
      { a: fakeServer(echo), b: fakeServer(echo) },
      {},
      { scope: "session" },
    );
    const client = await TestClient.connect(gateway);
    void client.ask("tools/call", { name: "a__echo" });
    await client.session?.close();
    await settle();
    client.onframe?.(parseFrame(Buffer.from('{"jsonrpc":"2.0","id":9,"method":"tools/list"}')));
    await settle();
    expect(runtime.running).toBe(0);
    await gateway[Symbol.asyncDispose]();
    expect(runtime.running).toBe(0);
  });
});

describe("a session", () => {
  test("over any SDK transport ends once, by either side", async () => {
    const { gateway, events } = await testGateway({ a: fakeServer(echo) });
    const [near, far] = InMemoryTransport.createLinkedPair();
    const session = await gateway.connect(near as Transport);
    await far.close();
    await session.closed;
    await session.close();
    expect(events.filter(({ type }) => type === "session-end")).toHaveLength(1);
  });

  test("ends once, however its transport tells of its own end", async () => {
    const { gateway, events } = await testGateway({ a: fakeServer(echo) });
    const client = new TestClient();
    client.close = async () => client.onclose?.();
    const session = await gateway.connect(client);
    await session.close();
    expect(events.filter(({ type }) => type === "session-end")).toHaveLength(1);
  });

  test("that has ended takes nothing more in", async () => {
    let ran = 0;
    const { gateway } = await testGateway({ a: fakeServer({ run: () => text(String(++ran)) }) });
    const client = await TestClient.connect(gateway, "a");
    await client.call("run");
    await client.session?.close();
    client.onframe?.(
      parseFrame(Buffer.from('{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":"run"}}')),
    );
    await settle();
    expect(ran).toBe(1);
  });

  test("lives on after a notification that is not UTF-8, which reaches no server", async () => {
    const { gateway, runtime, events } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    const received = runtime.last.received.length;
    const bytes = Buffer.from('{"jsonrpc":"2.0","method":"notifications/odd","params":{"x":"?"}}');
    bytes[bytes.indexOf("?")] = 0xff;
    client.onframe?.(parseFrame(bytes));
    await settle();
    expect(runtime.last.received).toHaveLength(received);
    expect(events.at(-1)).toMatchObject({ type: "frame-dropped", server: "a" });
    expect(await client.call("echo")).toBe("hi");
  });

  test("whose transport does not start leaves nothing behind", async () => {
    const { gateway } = await testGateway({ a: fakeServer(echo) });
    const client = new TestClient();
    client.start = () => Promise.reject(new Error("no"));
    await expect(gateway.connect(client)).rejects.toThrow("no");
    expect(gateway.stats().sessions).toBe(0);
  });

  test.each(["logging/setLevel", "resources/subscribe", "resources/unsubscribe"])(
    "is needed for %s",
    async (method) => {
      const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
      const frame = parseFrame(
        Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"${method}","params":{"uri":"x:1"}}`),
      );
      await expect(gateway.request("a", frame)).rejects.toMatchObject({ reason: "bad_params" });
      expect(runtime.starts).toBe(0);
    },
  );

  test("closed with a call in flight says that it may have been executed", async () => {
    const { gateway } = await testGateway({ a: fakeServer({ never }) });
    const frame = parseFrame(
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"never"}}'),
    );
    const answer = gateway.request("a", frame);
    const rejected = expect(answer).rejects.toMatchObject({ reason: "draining", executed: "unknown" });
    await settle();
    await gateway[Symbol.asyncDispose]();
    await rejected;
  });

  test("of one request alone gets an instance of its own if the server is scoped so, which ends with it", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) }, {}, { scope: "session" });
    const frame = parseFrame(
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo"}}'),
    );
    await Promise.all([gateway.request("a", frame), gateway.request("a", frame)]);
    await settle();
    expect(runtime.starts).toBe(2);
    expect(runtime.running).toBe(0);
  });
});

describe("lists", () => {
  test("asked for at the same time by several clients are all complete", async () => {
    const gate = Promise.withResolvers<void>();
    const { gateway } = await testGateway({ a: fakeServer(echo, { beforeStart: () => gate.promise }) });
    const clients = await Promise.all([1, 2, 3].map(() => TestClient.connect(gateway)));
    const lists = clients.map((client) => client.result("tools/list"));
    await settle();
    gate.resolve();
    expect((await Promise.all(lists)).map(namesOf)).toEqual([["a__echo"], ["a__echo"], ["a__echo"]]);
  });

  test("that change while they are fetched are fetched again", async () => {
    let tools = [{ name: "one" }];
    let answer = (_: Params) => {};
    const list: Handler = () => new Promise((resolve) => (answer = resolve));
    const { gateway, runtime, clock } = await testGateway({
      a: fakeServer({}, { methods: { "tools/list": list } }),
    });
    const client = await TestClient.connect(gateway);
    const first = client.result("tools/list");
    await settle();
    const old = tools;
    tools = [...tools, { name: "two" }];
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    await settle();
    answer({ tools: old });
    await settle();
    answer({ tools });
    await first;
    await clock.advance(200);
    expect(namesOf(await client.result("tools/list"))).toEqual(["a__one", "a__two"]);
  });

  test("that a server refuses for once stay as they were", async () => {
    let fails = false;
    const list = () => {
      if (fails) throw new Error("busy");
      return { tools: [{ name: "one" }] };
    };
    const { gateway, runtime, clock } = await testGateway({
      a: fakeServer({}, { methods: { "tools/list": list } }),
    });
    const client = await TestClient.connect(gateway);
    await client.result("tools/list");
    fails = true;
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    await clock.advance(200);
    expect(namesOf(await client.result("tools/list"))).toEqual(["a__one"]);
  });

  test("that change while their server is stopped by hand do not start it again", async () => {
    const held = Promise.withResolvers<void>();
    const { gateway, runtime } = await testGateway({
      a: fakeServer({ hold: () => held.promise.then(() => text("")) }),
    });
    const client = await TestClient.connect(gateway);
    await client.result("tools/list");
    const call = client.call("a__hold");
    await settle();
    const stopped = gateway.stopServer("a");
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    await settle();
    held.resolve();
    await Promise.all([call, stopped]);
    await settle();
    expect(gateway.server("a")?.state).toBe("stopped");
    expect(runtime.starts).toBe(1);
  });

  test("of session-scoped servers are told to their session alone", async () => {
    let version = 0;
    const methods = { "tools/list": () => ({ tools: [{ name: `v${version}` }] }) };
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer({}, { methods }) },
      {},
      { scope: "session" },
    );
    const [one, two] = [await TestClient.connect(gateway), await TestClient.connect(gateway)];
    await one.result("tools/list");
    await two.result("tools/list");
    version++;
    runtime.instances[0]?.say({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    await clock.advance(500);
    await one.heard("notifications/tools/list_changed");
    expect(two.received.filter((message) => "method" in message)).toEqual([]);
  });
});

describe("odd answers", () => {
  test("that can not be read fail their call at once, not at its timeout", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ never }) });
    const client = await TestClient.connect(gateway, "a");
    const { transport } = await ready(client, runtime);
    const refusal = client.refusal("tools/call", { name: "never" });
    await settle();
    const { id } = runtime.last.received.at(-1) as { id: number };
    const both = `{"jsonrpc":"2.0","result":{},"error":{"code":1,"message":"x"},"id":${id}}`;
    receive(transport, both);
    expect(await refusal).toMatchObject({ reason: "upstream_protocol_error", executed: "unknown" });
  });

  test("of many values pass", async () => {
    const many = Array.from({ length: 300_000 }, (_, index) => index);
    const { gateway } = await testGateway({
      a: fakeServer({ many: () => ({ content: [], structuredContent: { many } }) }),
    });
    const client = await TestClient.connect(gateway, "a");
    const result = await client.result("tools/call", { name: "many" });
    expect((result.structuredContent as { many: number[] }).many).toHaveLength(300_000);
  });

  test("with an error that no client could read fail the request they answer", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ never }) });
    const client = await TestClient.connect(gateway, "a");
    const { transport } = await ready(client, runtime);
    for (const error of ["null", '"no"', '{"code":"E_NO","message":"no"}']) {
      const refusal = client.refusal("tools/call", { name: "never" });
      await settle();
      const { id } = runtime.last.received.at(-1) as { id: number };
      receive(transport, `{"jsonrpc":"2.0","id":${id},"error":${error}}`);
      expect(await refusal).toMatchObject({ reason: "upstream_protocol_error", executed: "unknown" });
    }
  });
});

describe("a health check that hangs", () => {
  test("counts as failed after ten seconds", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo) },
      { health_check_interval_seconds: 30, idle_timeout_seconds: 0 },
    );
    const start = runtime.start.bind(runtime);
    runtime.start = async (request) =>
      Object.assign(await start(request), { check: () => new Promise<boolean>(() => {}) });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo");
    await clock.advance(39_000);
    expect(runtime.running).toBe(1);
    await clock.advance(2000);
    expect(runtime.running).toBe(0);
  });
});

async function ready(client: TestClient, runtime: { last: { transport: Transport } }) {
  await client.result("tools/list");
  return runtime.last;
}

/** As a transport takes what it has read. */
function receive(transport: Transport, text: string): void {
  try {
    transport.onframe?.(parseFrame(Buffer.from(text)));
  } catch (error) {
    transport.onerror?.(error as Error);
  }
}
