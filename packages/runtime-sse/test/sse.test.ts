import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { answerTo, type Exchange, fakeServer, introduction, type Rules } from "./support/fake-server.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";
import { memoryStore, startRemote } from "./support/start-request.ts";

/** The rules of a server of 2024-11-05: every answer over the one stream. */
function sseRules(more: Rules = {}): Rules {
  let listener: Exchange | undefined;
  return {
    GET(exchange) {
      listener = exchange;
      exchange.stream();
      exchange.response.write("event: endpoint\ndata: /messages?id=1\n\n");
    },
    initialize(exchange) {
      if (exchange.path === "/mcp") return exchange.status(405);
      exchange.status(202);
      listener?.event({ jsonrpc: "2.0", id: exchange.id, result: introduction });
    },
    "tools/call"(exchange) {
      exchange.status(202);
      if (exchange.text === "end") listener?.response.end();
      else if (exchange.text !== "hang") listener?.event(answerTo(exchange, exchange.text ?? ""));
    },
    ...more,
  };
}

const endpoint = (...lines: string[]) => ({
  GET(exchange: Exchange) {
    exchange.stream();
    exchange.response.write(lines.map((line) => `event: endpoint\ndata: ${line}\n\n`).join(""));
  },
});

describe("a conversation over HTTP+SSE", () => {
  test("is found out by the refusal of a POST, and remembered", async () => {
    for (const status of [400, 404, 405, 406]) {
      await using server = await fakeServer(
        sseRules({
          initialize(exchange) {
            if (exchange.path === "/mcp") exchange.status(status);
            else sse.initialize?.(exchange);
          },
          GET: (exchange) => sse.GET?.(exchange),
          "tools/call": (exchange) => sse["tools/call"]?.(exchange),
        }),
      );
      const sse = sseRules();
      const store = memoryStore();
      await using remote = await connect({ url: server.url }, { store });
      expect(await remote.client.call("echo", { text: "a" })).toBe("a");
      expect([...store.values]).toEqual([["transport", "sse"]]);
      expect(server.exchanges.map(({ httpMethod, path }) => `${httpMethod} ${path}`).slice(0, 3)).toEqual([
        "POST /mcp",
        "GET /mcp",
        "POST /messages?id=1",
      ]);
    }
  });

  test("begins with GET where it is remembered or stated", async () => {
    for (const transport of ["auto", "sse"] as const) {
      await using server = await fakeServer(sseRules());
      const store = memoryStore();
      await store.set("transport", "sse");
      await using remote = await connect({ url: server.url, transport }, { store });
      expect(await remote.client.call("echo", { text: "a" })).toBe("a");
      expect(server.exchanges[0]?.httpMethod).toBe("GET");
    }
  });

  test("is forgotten where the server speaks streamable HTTP now", async () => {
    await using server = await fakeServer();
    const store = memoryStore();
    await store.set("transport", "sse");
    await using remote = await connect({ url: server.url }, { store });
    expect(await remote.client.call("echo", { text: "a" })).toBe("a");
    expect([...store.values]).toEqual([["transport", "streamable-http"]]);
  });

  test("is forgotten where the stream says nothing, and found out again at the next start", async () => {
    await using server = await fakeServer({ GET: (exchange) => exchange.stream() });
    const store = memoryStore();
    await store.set("transport", "sse");
    const start = { url: server.url, response_timeout_seconds: 0.2 };
    const failed = expect(connect(start, { store })).rejects;
    await failed.toMatchObject({ reason: "upstream_start_failed", detail: "init_timeout" });
    await using remote = await connect(start, { store });
    expect(await remote.client.call("echo", { text: "a" })).toBe("a");
  });

  test("is remembered while the server is only down", async () => {
    const store = memoryStore();
    await store.set("transport", "sse");
    const server = await fakeServer(sseRules());
    await using instance = await startRemote({ url: server.url }, { store });
    await server[Symbol.asyncDispose]();
    // A way there and back elsewhere, after which the end of the connection from the start has arrived too.
    await using other = await fakeServer();
    await other.roundTrip();
    await expect(instance.transport.start()).rejects.toMatchObject({ detail: "connect" });
    expect([...store.values]).toEqual([["transport", "sse"]]);
  });

  test("is remembered while the server only wants to be left alone, which is not asked twice", async () => {
    const busy = (exchange: Exchange) => exchange.status(429, { "retry-after": "9" });
    await using server = await fakeServer({ GET: busy });
    const store = memoryStore();
    await store.set("transport", "sse");
    const failed = expect(connect({ url: server.url }, { store })).rejects;
    await failed.toMatchObject({ reason: "upstream_backoff", retryAfterMs: 9000 });
    expect([...store.values]).toEqual([["transport", "sse"]]);
    expect(server.exchanges).toHaveLength(1);
  });

  test("says what the newer transport said where the server speaks neither", async () => {
    await using server = await fakeServer({
      initialize: (exchange) => exchange.status(404),
      GET: (exchange) => exchange.status(418),
    });
    await expect(connect({ url: server.url })).rejects.toMatchObject({ detail: "http_404" });
  });

  test("lets the first call wait until the server knows that the handshake is over", async () => {
    const held = Promise.withResolvers<Exchange>();
    await using server = await fakeServer(
      sseRules({ "notifications/initialized": (exchange) => held.resolve(exchange) }),
    );
    const connecting = connect({ url: server.url, transport: "sse" });
    const told = await held.promise;
    told.status(202);
    await using remote = await connecting;
    const notified = remote.client.notify("notifications/initialized");
    const called = remote.client.call("echo", { text: "a" });
    const again = await server.when(({ method }) => method === "notifications/initialized", 2);
    await server.roundTrip();
    expect(server.exchanges.some(({ method }) => method === "tools/call")).toBe(false);
    again.status(202);
    await notified;
    expect(await called).toBe("a");
  });

  test("ends with the stream: calls fail, and the instance is lost", async () => {
    await using server = await fakeServer(sseRules());
    await using remote = await connect({ url: server.url });
    const failed = expect(remote.client.call("echo", { text: "hang" })).rejects.toThrow();
    await expect(remote.client.call("echo", { text: "end" })).rejects.toThrow();
    await failed;
    expect(await remote.instance.exited).toMatchObject({ reason: "lost", detail: /ended its event stream/ });
    await server.idle();
  });

  test("ends where the server has forgotten the session; core begins a new one and asks once more", async () => {
    let calls = 0;
    const sse = sseRules();
    await using server = await fakeServer({
      ...sse,
      "tools/call"(exchange) {
        if (++calls === 1) exchange.status(404);
        else sse["tools/call"]?.(exchange);
      },
    });
    await using gateway = await remoteGateway({ url: server.url });
    const client = await GatewayClient.connect(gateway);
    expect(await client.call("echo", { text: "again" })).toBe("again");
    expect(calls).toBe(2);
  });

  test("says that nobody knows whether a call was executed when its stream ended", async () => {
    await using server = await fakeServer(sseRules());
    await using gateway = await remoteGateway({ url: server.url });
    const client = await GatewayClient.connect(gateway);
    const { error } = await client.ask("tools/call", { name: "echo", arguments: { text: "end" } });
    expect(error?.data).toMatchObject({ reason: "upstream_closed", executed: "unknown" });
    expect(await client.call("echo", { text: "next" })).toBe("next");
  });
});

describe("the address to POST to", () => {
  const transport = "sse";

  test.each(["http://169.254.169.254/messages", "//evil.example/messages", "http://[bad"])(
    "is refused if it is elsewhere: %s",
    async (address) => {
      await using server = await fakeServer(endpoint(address));
      await expect(connect({ url: server.url, transport })).rejects.toMatchObject({
        reason: "upstream_protocol_error",
        executed: "no",
        message: /wants messages sent to .*, which is refused/,
      });
      await server.idle();
    },
  );

  test("is the first one, whatever the second says", async () => {
    const sse = sseRules();
    await using server = await fakeServer({
      ...sse,
      GET(exchange) {
        sse.GET?.(exchange);
        exchange.response.write("event: endpoint\ndata: http://169.254.169.254/messages\n\n");
      },
    });
    await using remote = await connect({ url: server.url, transport });
    expect(await remote.client.call("echo", { text: "a" })).toBe("a");
  });

  test("is not waited for any more when the instance is given up", async () => {
    await using server = await fakeServer(endpoint());
    await using instance = await startRemote({ url: server.url, transport });
    const started = expect(instance.transport.start()).rejects.toMatchObject({ reason: "upstream_closed" });
    await server.when(({ httpMethod }) => httpMethod === "GET");
    await instance[Symbol.asyncDispose]();
    await started;
    await server.idle();
  });
});
