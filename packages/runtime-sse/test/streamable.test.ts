import { frameOf } from "@omg/core/runtime";
import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { answerTo, type Exchange, fakeServer, introduction, textResult } from "./support/fake-server.ts";
import { startRemote } from "./support/start-request.ts";

const isCall = ({ method }: Exchange) => method === "tools/call";
const isGet = ({ httpMethod }: Exchange) => httpMethod === "GET";

describe("a conversation over streamable HTTP", () => {
  test("says session, version and accepted types with every request, and DELETE at the end", async () => {
    await using server = await fakeServer();
    const { client, instance } = await connect({ url: server.url, headers: { "X-Own": "mine" } });
    expect(await client.call("echo", { text: "a" })).toBe("a");
    await instance[Symbol.asyncDispose]();
    const [first, ...others] = server.exchanges;
    expect(first?.headers).not.toHaveProperty("mcp-session-id");
    expect(first?.headers).not.toHaveProperty("mcp-protocol-version");
    for (const { headers } of others)
      expect(headers).toMatchObject({
        "mcp-session-id": "session-1",
        "mcp-protocol-version": "2025-06-18",
        "x-own": "mine",
      });
    expect(first?.headers.accept).toBe("application/json, text/event-stream");
    expect(server.exchanges.at(-1)?.httpMethod).toBe("DELETE");
    expect(await instance.exited).toMatchObject({ reason: "stopped" });
  });

  test("says of each answer whether it came on an event stream", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        if (exchange.text === "json") return exchange.plain();
        exchange.stream();
        exchange.event(answerTo(exchange, "stream"));
        exchange.response.end();
      },
    });
    await using remote = await connect({ url: server.url });
    for (const text of ["json", "stream"]) expect(await remote.client.call("echo", { text })).toBe(text);
    const [, json, stream] = remote.heard.map(({ extra }) => extra?.streamed ?? false);
    expect([json, stream]).toEqual([false, true]);
  });

  test("ends with the DELETE also if the transport is closed and disposed at once", async () => {
    await using server = await fakeServer({ DELETE() {} });
    const { client, instance } = await connect({ url: server.url });
    const closed = client.close();
    let isOver = false;
    const disposed = instance[Symbol.asyncDispose]().then(() => {
      isOver = true;
    });
    const farewell = await server.when(({ httpMethod }) => httpMethod === "DELETE");
    await server.roundTrip();
    expect(isOver).toBe(false);
    expect(farewell.response.destroyed).toBe(false);
    farewell.status(200);
    await Promise.all([closed, disposed]);
  });

  test("leaves no connection and no timer", async () => {
    const before = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    await using server = await fakeServer({
      GET: (exchange) => exchange.stream(),
      "tools/call"(exchange) {
        exchange.stream();
        if (exchange.text === "open") exchange.event(answerTo(exchange, "open"));
      },
    });
    const { client, instance } = await connect({ url: server.url });
    await server.when(isGet);
    expect(await client.call("echo", { text: "open" })).toBe("open");
    const hanging = client.call("echo", { text: "never" });
    const failed = expect(hanging).rejects.toMatchObject({ reason: "upstream_closed", executed: "unknown" });
    await server.when(isCall, 2);
    await instance[Symbol.asyncDispose]();
    await failed;
    await server.idle();
    const after = process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    expect(after).toBeLessThanOrEqual(before);
  });

  test("uses its connections again, after answers in JSON and as events, and after notifications", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        if (exchange.text !== "events") return exchange.plain();
        exchange.stream();
        exchange.event(answerTo(exchange, "events"));
        // Later than the answer is read.
        setTimeout(() => exchange.response.end(), 5);
      },
    });
    await using remote = await connect({ url: server.url });
    const before = server.connections;
    for (let round = 0; round < 10; round++) {
      expect(await remote.client.call("echo", { text: "events" })).toBe("events");
      expect(await remote.client.call("echo", { text: "json" })).toBe("json");
      await remote.client.notify("notifications/roots/list_changed");
    }
    // One more for each stream that is not over yet.
    expect(server.connections - before).toBeLessThanOrEqual(4);
  });

  test("lets the first call wait until the server knows that the handshake is over", async () => {
    await using server = await fakeServer({
      "notifications/initialized"(exchange) {
        held.resolve(exchange);
      },
    });
    const held = Promise.withResolvers<Exchange>();
    await using instance = await startRemote({ url: server.url });
    const { transport } = instance;
    await transport.start();
    const answered = Promise.withResolvers<void>();
    transport.onmessage = () => answered.resolve();
    const params = {
      protocolVersion: "2025-06-18",
      capabilities: {},
      clientInfo: { name: "t", version: "1" },
    };
    await transport.send({ jsonrpc: "2.0", id: 1, method: "initialize", params });
    await answered.promise;
    const told = transport.send({ jsonrpc: "2.0", method: "notifications/initialized" });
    const called = transport.send({ jsonrpc: "2.0", id: 2, method: "tools/call", params: { name: "echo" } });
    const { status } = await held.promise;
    await server.roundTrip();
    expect(server.exchanges.some(isCall)).toBe(false);
    status(202);
    await Promise.all([told, called]);
    expect(server.exchanges.some(isCall)).toBe(true);
  });

  test("names the request whose stream brought a message", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        exchange.stream();
        exchange.event({ jsonrpc: "2.0", method: "notifications/message", params: { data: exchange.text } });
        open.push(exchange);
        if (open.length === 2) for (const one of open.reverse()) one.event(answerTo(one, one.text ?? ""));
      },
    });
    const open: Exchange[] = [];
    await using remote = await connect({ url: server.url });
    const answers = [remote.client.call("echo", { text: "a" }), remote.client.call("echo", { text: "b" })];
    expect(await Promise.all(answers)).toEqual(["a", "b"]);
    const said = remote.heard.filter(({ frame }) => frame.head.kind === "notification");
    expect(said.map(({ extra }) => extra?.requestId).sort()).toEqual([2, 3]);
    for (const { frame, extra } of said) {
      const { params } = frame.value() as unknown as { params: { data: string } };
      expect(params.data).toBe(extra?.requestId === 2 ? "a" : "b");
    }
  });

  test("takes a batch as an answer, in JSON and as an event", async () => {
    const note = { jsonrpc: "2.0", method: "notifications/message", params: {} };
    await using server = await fakeServer({
      "tools/call"(exchange) {
        const batch = [note, answerTo(exchange, "both")];
        if (exchange.text === "events") {
          exchange.stream();
          exchange.event(batch);
        } else exchange.status(200, { "content-type": "application/json" }, JSON.stringify(batch));
      },
    });
    await using remote = await connect({ url: server.url });
    expect(await remote.client.call("echo", { text: "events" })).toBe("both");
    expect(await remote.client.call("echo", { text: "json" })).toBe("both");
    expect(remote.heard.filter(({ frame }) => frame.head.kind === "notification")).toHaveLength(2);
  });

  test("carries 5 MB both ways, as events too", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        exchange.stream();
        exchange.event(answerTo(exchange, exchange.text ?? ""));
      },
    });
    await using remote = await connect({ url: server.url });
    const text = "ä".repeat(2_500_000);
    expect((await remote.client.call("echo", { text })) === text).toBe(true);
  });

  test("answers 1 000 calls at once", async () => {
    await using server = await fakeServer();
    await using remote = await connect({ url: server.url });
    const texts = Array.from({ length: 1000 }, (_, index) => `${index}`);
    expect(await Promise.all(texts.map((text) => remote.client.call("echo", { text })))).toEqual(texts);
  });

  test("takes an error that the server sends with a status for the answer", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        const error = { jsonrpc: "2.0", id: exchange.id, error: { code: -32602, message: "No such tool" } };
        exchange.status(400, { "content-type": "application/json" }, JSON.stringify(error));
      },
    });
    await using remote = await connect({ url: server.url });
    await expect(remote.client.call("nope")).rejects.toThrow("No such tool");
    expect(remote.heard.some(({ frame }) => frame.head.kind === "error")).toBe(true);
  });

  test("lets go of the stream of a call that was cancelled", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        exchange.stream();
      },
    });
    await using remote = await connect({ url: server.url });
    const call = remote.client.call("echo", { text: "x" });
    const failed = expect(call).rejects.toMatchObject({ reason: "cancelled" });
    const { id, response } = await server.when(isCall);
    const closed = new Promise((resolve) => response.once("close", resolve));
    await remote.client.notify("notifications/cancelled", { requestId: id });
    await closed;
    await failed;
    expect(await remote.client.request("tools/list")).toHaveProperty("tools");
  });

  test("gives up what is sent when its signal says so", async () => {
    await using server = await fakeServer({ "tools/call"() {} });
    await using remote = await connect({ url: server.url });
    const { signal, abort } = abortable();
    const sent = remote.instance.transport.sendFrame?.(callFrame(9), { signal, headers: { "x-extra": "1" } });
    const { headers } = await server.when(isCall);
    expect(headers).toMatchObject({ "x-extra": "1" });
    abort();
    await expect(sent).rejects.toMatchObject({ reason: "cancelled", executed: "unknown" });
  });
});

describe("the stream of what nobody asked for", () => {
  test("is opened again when it brings nothing for too long", async () => {
    await using server = await fakeServer({ GET: (exchange) => exchange.stream() });
    await using remote = await connect({ url: server.url, silence_timeout_seconds: 0.2 });
    await server.when(isGet, 2);
    expect(await remote.client.call("echo", { text: "a" })).toBe("a");
  });
});

describe("a session id", () => {
  test.each(["a\u00e4b", "x".repeat(1025), "a b"])("that is none is refused: %.12s", async (id) => {
    await using server = await fakeServer({
      initialize: (exchange) => exchange.json(introduction, { "mcp-session-id": id }),
    });
    const refused = expect(connect({ url: server.url })).rejects;
    await refused.toMatchObject({ reason: "upstream_start_failed", detail: "init_invalid" });
  });

  test("that changes on the way is not followed", async () => {
    await using server = await fakeServer({
      "tools/call": (exchange) => exchange.json(textResult("x"), { "mcp-session-id": "other" }),
    });
    await using remote = await connect({ url: server.url });
    await remote.client.call("echo");
    await remote.client.call("echo");
    const { headers } = await server.when(isCall, 2);
    expect(headers["mcp-session-id"]).toBe("session-1");
  });
});

function callFrame(id: number) {
  return frameOf({ jsonrpc: "2.0", id, method: "tools/call", params: { name: "echo", arguments: {} } });
}

function abortable() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
