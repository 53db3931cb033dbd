import { describe, expect, test } from "vitest";
import { frameOf, parseFrame, type RequestId, requestFrame } from "../src/runtime/frame.ts";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const echo = { echo: ({ value }: Params) => text(String(value)) };
const never: Handler = () => new Promise(() => {});

describe("the endpoint of one server", () => {
  test("forwards what it does not know and leaves every byte but the id", async () => {
    const { gateway, runtime } = await testGateway({
      a: fakeServer({}, { methods: { "acme/odd": (params) => params } }),
    });
    const client = await TestClient.connect(gateway, "a");
    const odd =
      '{"jsonrpc":"2.0", "id":"x\\u0031", "method":"acme/odd","params":{"n":9007199254740993,"f":1.0,"u":"\\u00e9"}}';
    client.onframe?.(parseFrame(Buffer.from(odd)));
    await settle();
    const sent = runtime.last.received.at(-1);
    expect(sent).toMatchObject({ method: "acme/odd" });
    expect(client.received.at(-1)).toMatchObject({ id: "x1", result: { f: 1 } });
  });

  test("introduces itself as the server does, in the revision the client asked for", async () => {
    const { gateway } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway, "a");
    for (const [asked, answered] of [
      ["2025-06-18", "2025-06-18"],
      ["2024-11-05", "2024-11-05"],
      ["1999-01-01", "2025-11-25"],
    ]) {
      const result = await client.result("initialize", { protocolVersion: asked, capabilities: {} });
      expect(result).toMatchObject({
        protocolVersion: answered,
        serverInfo: { name: "fake" },
        capabilities: { tools: {} },
      });
    }
  });

  test("a server of an unknown revision fails with a message that names those we speak", async () => {
    const methods = { initialize: () => ({ protocolVersion: "1.0", capabilities: {}, serverInfo: {} }) };
    const { gateway } = await testGateway({ a: fakeServer({}, { methods }) });
    const refusal = await (await TestClient.connect(gateway, "a")).refusal("tools/list");
    expect(refusal).toMatchObject({ reason: "upstream_start_failed", detail: "init_invalid" });
    expect(refusal.message).toContain("2025-11-25");
  });

  test("a request that is not UTF-8 never reaches the server", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway, "a");
    const text =
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"echo","arguments":{"value":"?"}}}';
    const bytes = Buffer.from(text);
    bytes[bytes.indexOf("?")] = 0xff;
    client.onframe?.(parseFrame(bytes));
    await settle();
    expect(client.received).toMatchObject([{ id: 1, error: { code: -32700 } }]);
    expect(runtime.starts).toBe(0);
  });

  test("a server's own error passes untouched", async () => {
    const { gateway } = await testGateway({ a: fakeServer({}) });
    const client = await TestClient.connect(gateway, "a");
    expect(await client.ask("tools/call", { name: "x" }, "q")).toEqual({
      jsonrpc: "2.0",
      id: "q",
      error: { code: -32000, message: "no tool x" },
    });
    expect(gateway.server("a")).toMatchObject({ requestCount: 1, errorCount: 1, callsInFlight: 0 });
  });
});

describe("many callers on one instance", () => {
  test("each gets its own answer, whatever ids they chose", async () => {
    const pending: (() => void)[] = [];
    const later: Handler = ({ value }) =>
      new Promise((resolve) => pending.push(() => resolve(text(String(value)))));
    const { gateway } = await testGateway({ a: fakeServer({ echo: later }) });
    const clients = await Promise.all(Array.from({ length: 50 }, () => TestClient.connect(gateway)));
    await clients[0]?.result("tools/list");
    const calls = clients.flatMap((client, who) =>
      Array.from({ length: 20 }, async (_, turn) => {
        const id: RequestId = turn % 2 === 0 ? turn : String(turn);
        const value = `${who}/${turn}`;
        const answer = await client.ask("tools/call", { name: "a__echo", arguments: { value } }, id);
        return "result" in answer && answer.id === id && JSON.stringify(answer.result).includes(`"${value}"`);
      }),
    );
    while (pending.length < 1000) await settle();
    for (const answer of pending.sort(() => Math.random() - 0.5)) answer();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 1000 }, () => true));
  });

  test("progress goes to its caller alone, under the token it chose, and nothing follows the answer", async () => {
    const works: Handler = async ({ who }, instance, id) => {
      const tell = (progress: number) =>
        instance.say({
          jsonrpc: "2.0",
          method: "notifications/progress",
          params: { progressToken: id, progress },
        });
      tell(1);
      tell(2);
      setImmediate(() => tell(3));
      return text(String(who));
    };
    const { gateway, events } = await testGateway({ a: fakeServer({ work: works }) });
    const [one, two] = [await TestClient.connect(gateway, "a"), await TestClient.connect(gateway, "a")];
    await one.result("tools/list");
    const ask = (client: TestClient, progressToken: RequestId) =>
      client.ask("tools/call", { name: "work", arguments: {}, _meta: { progressToken } }, 1);
    await Promise.all([ask(one, 1), ask(two, "1")]);
    await settle();
    const progress = (client: TestClient) =>
      client.received.flatMap((message) => ("method" in message ? [message.params?.progressToken] : []));
    expect(progress(one)).toEqual([1, 1]);
    expect(progress(two)).toEqual(["1", "1"]);
    expect(events.filter((event) => event.type === "frame-dropped").length).toBeGreaterThanOrEqual(2);
  });

  test("a second request with an id in flight is refused, the first is answered", async () => {
    const held = Promise.withResolvers<void>();
    const { gateway } = await testGateway({
      a: fakeServer({ hold: () => held.promise.then(() => text("done")) }),
    });
    const client = await TestClient.connect(gateway, "a");
    client.onframe?.(frameOf({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "hold" } }));
    const second = await client.ask("tools/call", { name: "hold" }, 1);
    expect(second).toMatchObject({ error: { data: { reason: "invalid_request" } } });
    held.resolve();
    await settle();
    expect(client.received.at(-1)).toMatchObject({ id: 1, result: {} });
  });
});

describe("calls that end badly", () => {
  test("a call without answer or progress times out; the server is told, its late answer dropped", async () => {
    let answer = (_: Params) => {};
    const late: Handler = () => new Promise((resolve) => (answer = resolve));
    const { gateway, runtime, clock, events } = await testGateway(
      { a: fakeServer({ late }) },
      { request_timeout_seconds: 4 },
    );
    const client = await TestClient.connect(gateway, "a");
    const refusal = client.refusal("tools/call", { name: "late" });
    await clock.advance(4000);
    expect(await refusal).toMatchObject({ reason: "upstream_timeout", executed: "unknown", server: "a" });
    expect(runtime.last.received.at(-1)).toMatchObject({ method: "notifications/cancelled" });
    answer(text("too late"));
    await settle();
    expect(client.received).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({ type: "frame-dropped" });
    expect(runtime.running).toBe(1);
  });

  test("progress puts the timeout off, but not for ever", async () => {
    let id: RequestId = 0;
    const slow: Handler = (_params, _instance, request) => {
      id = request;
      return new Promise(() => {});
    };
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer({ slow }) },
      { request_timeout_seconds: 4 },
    );
    const client = await TestClient.connect(gateway, "a");
    const answer = client.ask("tools/call", { name: "slow", _meta: { progressToken: "t" } });
    let answered = 0;
    void answer.then(() => answered++);
    for (let second = 3; second < 620; second += 3) {
      await clock.advance(3000);
      const params = { progressToken: id, progress: second };
      runtime.last.say({ jsonrpc: "2.0", method: "notifications/progress", params });
      await settle();
      expect(answered).toBe(second < 600 ? 0 : 1);
    }
    expect(await answer).toMatchObject({ error: { data: { reason: "upstream_timeout" } } });
  });

  test("a cancelled call gets no answer; the server is told under its own id, once", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ never }) });
    const client = await TestClient.connect(gateway, "a");
    void client.ask("tools/call", { name: "never" }, "mine");
    await settle();
    const sent = runtime.last.received.at(-1) as JsonRpcMessage & { id: RequestId };
    client.notify("notifications/cancelled", { requestId: "mine" });
    client.notify("notifications/cancelled", { requestId: "mine" });
    await settle();
    const told = runtime.last.received.filter(
      (message) => "method" in message && message.method.endsWith("cancelled"),
    );
    expect(told).toMatchObject([{ params: { requestId: sent.id } }]);
    expect(client.received).toHaveLength(0);
    expect(client.session?.callsInFlight).toBe(0);
  });

  test("a call that is given up may have run if it was sent, and has not if it was not", async () => {
    const gate = Promise.withResolvers<void>();
    const { gateway, runtime } = await testGateway({
      a: fakeServer({ never }),
      b: fakeServer({ never }, { beforeStart: () => gate.promise }),
    });
    const frame = requestFrame(1, "tools/call", { name: "never" });
    const abort = new AbortController();
    const [sent, waiting] = ["a", "b"].map((id) => gateway.request(id, frame, abort));
    await settle();
    expect(runtime.last.received.at(-1)).toMatchObject({ method: "tools/call" });
    abort.abort();
    await expect(sent).rejects.toMatchObject({ reason: "cancelled", executed: "unknown" });
    await expect(waiting).rejects.toMatchObject({ reason: "cancelled", executed: "no" });
    gate.resolve();
  });

  test("a client that leaves has its calls cancelled upstream", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ never }) });
    const client = await TestClient.connect(gateway, "a");
    void client.ask("tools/call", { name: "never" });
    await settle();
    client.onclose?.();
    await client.session?.closed;
    await settle();
    expect(runtime.last.received.at(-1)).toMatchObject({ method: "notifications/cancelled" });
    expect(gateway.server("a")?.callsInFlight).toBe(0);
  });

  test("a server killed mid-call fails its callers at once, and the next call meets a fresh one", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer({ never, ...echo }) });
    const client = await TestClient.connect(gateway, "a");
    const pending = Array.from({ length: 20 }, () => client.refusal("tools/call", { name: "never" }));
    await settle();
    runtime.last.crash();
    for (const refusal of await Promise.all(pending)) {
      expect(refusal).toMatchObject({ reason: "upstream_closed", executed: "unknown", retryable: true });
    }
    expect(await client.call("echo", { value: "again" })).toBe("again");
    expect(runtime.starts).toBe(2);
  });

  test("a call is never sent twice, however its server dies", async () => {
    let executed = 0;
    const dies: Handler = (_, instance) => {
      executed++;
      instance.crash();
      return new Promise(() => {});
    };
    const { gateway, clock } = await testGateway({ a: fakeServer({ dies }) });
    const client = await TestClient.connect(gateway, "a");
    let sent = 0;
    for (let turn = 0; turn < 20; turn++) {
      const refusal = await client.refusal("tools/call", { name: "dies" });
      if (refusal.executed === "unknown") sent++;
      await clock.advance(80_000);
    }
    expect(executed).toBe(sent);
    expect(executed).toBe(20);
  });

  test("one stuck server does not hold up another", async () => {
    const { gateway } = await testGateway({ stuck: fakeServer({ never }), well: fakeServer(echo) });
    const client = await TestClient.connect(gateway);
    await client.result("tools/list");
    for (let turn = 0; turn < 1000; turn++)
      void client.ask("tools/call", { name: "stuck__never" }, `s${turn}`);
    expect(await client.call("well__echo", { value: "fine" })).toBe("fine");
  });

  test("max_connections_per_server caps the calls in flight", async () => {
    const { gateway } = await testGateway({ a: fakeServer({ never }) }, { max_connections_per_server: 3 });
    const client = await TestClient.connect(gateway, "a");
    for (let turn = 0; turn < 3; turn++) void client.ask("tools/call", { name: "never" }, `n${turn}`);
    await settle();
    expect(await client.refusal("tools/call", { name: "never" })).toMatchObject({
      reason: "overloaded",
      detail: "inflight",
    });
  });

  test("what a server asks of the client is refused with a reason, but for a ping", async () => {
    const { gateway, runtime } = await testGateway({ a: fakeServer(echo) });
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo", { value: "x" });
    runtime.last.say({ jsonrpc: "2.0", id: "p", method: "ping" });
    runtime.last.say({ jsonrpc: "2.0", id: "s", method: "sampling/createMessage", params: {} });
    await settle();
    expect(runtime.last.received.slice(-2)).toMatchObject([
      { id: "p", result: {} },
      { id: "s", error: { code: -32601 } },
    ]);
  });
});

describe("health", () => {
  test("an idle server that answers no ping is stopped and started anew by the next call", async () => {
    let well = true;
    const methods = { ping: () => (well ? {} : new Promise<Params>(() => {})) };
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo, { methods }) },
      { health_check_interval_seconds: 30, idle_timeout_seconds: 0 },
    );
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo", { value: "x" });
    await clock.advance(100_000);
    expect(runtime.starts).toBe(1);
    well = false;
    await clock.advance(65_000);
    expect(runtime.running).toBe(0);
    well = true;
    expect(await client.call("echo", { value: "y" })).toBe("y");
    expect(runtime.starts).toBe(2);
  });

  test("health checks are no use: an idle server stops all the same", async () => {
    const { gateway, runtime, clock } = await testGateway(
      { a: fakeServer(echo) },
      { health_check_interval_seconds: 5, idle_timeout_seconds: 60 },
    );
    const client = await TestClient.connect(gateway, "a");
    await client.call("echo", { value: "x" });
    await clock.advance(60_000);
    expect(runtime.running).toBe(0);
  });
});

describe("requests without a session", () => {
  test("get the server's answer under their own id", async () => {
    const { gateway } = await testGateway({ a: fakeServer(echo) });
    const frame = frameOf({
      jsonrpc: "2.0",
      id: "mine",
      method: "tools/call",
      params: { name: "echo", arguments: { value: "v" } },
    });
    expect((await gateway.request("a", frame)).value()).toMatchObject({ id: "mine", result: text("v") });
    await expect(gateway.request("b", frame)).rejects.toMatchObject({
      reason: "server_unknown",
      message: "Server 'b' not found",
    });
  });

  test("a start by hand reports whether it was needed", async () => {
    const { gateway } = await testGateway({ a: fakeServer(echo) });
    expect(await gateway.startServer("a")).toBe(true);
    expect(await gateway.startServer("a")).toBe(false);
    expect(gateway.server("a")).toMatchObject({ state: "ready", instances: 1 });
    expect(await gateway.stopServer("a")).toBe(true);
    expect(await gateway.stopServer("a")).toBe(false);
  });
});
