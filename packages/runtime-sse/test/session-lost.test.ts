import { describe, expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { type Exchange, fakeServer } from "./support/fake-server.ts";
import { GatewayClient, remoteGateway } from "./support/gateway.ts";

const isCall = ({ method }: Exchange) => method === "tools/call";
const isOld = ({ headers }: Exchange) => headers["mcp-session-id"] === "session-1";
const json = { "content-type": "application/json" };
const badRequest = (exchange: Exchange, message: string) =>
  exchange.status(400, json, JSON.stringify({ jsonrpc: "2.0", error: { code: -32000, message }, id: null }));

describe("a server that has forgotten the session", () => {
  const ways: [string, (exchange: Exchange) => void][] = [
    ["404", (exchange) => exchange.status(404)],
    ["400, in words", (exchange) => badRequest(exchange, "Bad Request: No valid session ID provided")],
    ["400, as the SDK", (exchange) => badRequest(exchange, "Bad Request: Server not initialized")],
  ];
  test.each(ways)("(%s) is asked again in a new one, once", async (_, forget) => {
    await using server = await fakeServer({
      "tools/call": (exchange) => (isOld(exchange) ? forget(exchange) : exchange.plain()),
    });
    await using gateway = await remoteGateway({ url: server.url });
    const client = await GatewayClient.connect(gateway);
    expect(await client.call("echo", { text: "x" })).toBe("x");
    expect(server.exchanges.filter(isCall).map(({ headers }) => headers["mcp-session-id"])).toEqual([
      "session-1",
      "session-2",
    ]);
    // Nobody takes leave of a session that is not there.
    expect(server.exchanges.filter(({ httpMethod }) => httpMethod === "DELETE")).toEqual([]);
  });

  test("is not asked a third time", async () => {
    await using server = await fakeServer({ "tools/call": (exchange) => exchange.status(404) });
    await using gateway = await remoteGateway({ url: server.url });
    const client = await GatewayClient.connect(gateway);
    const { error } = await client.ask("tools/call", { name: "echo", arguments: {} });
    expect(error?.data).toMatchObject({ reason: "upstream_closed" });
    expect(server.exchanges.filter(isCall)).toHaveLength(2);
  });

  test("has forgotten the other calls too: they fail, and are not sent again", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        if (exchange.text === "slow") exchange.stream();
        else if (isOld(exchange)) exchange.status(404);
        else exchange.plain();
      },
    });
    await using gateway = await remoteGateway({ url: server.url });
    const client = await GatewayClient.connect(gateway);
    const slow = client.ask("tools/call", { name: "echo", arguments: { text: "slow" } });
    await server.when(isCall);
    expect(await client.call("echo", { text: "quick" })).toBe("quick");
    expect((await slow).error?.data).toMatchObject({ reason: "upstream_closed", executed: "unknown" });
    expect(server.exchanges.filter(({ text }) => text === "slow")).toHaveLength(1);
  });

  test("says so to the runtime's user: detail session_lost, not executed, and the instance is lost", async () => {
    await using server = await fakeServer({ "tools/call": (exchange) => exchange.status(404) });
    await using remote = await connect({ url: server.url });
    const lost = { reason: "upstream_closed", detail: "session_lost", executed: "no" };
    await expect(remote.client.call("echo")).rejects.toMatchObject(lost);
    await remote.client.closed;
    const exit = await remote.instance.exited;
    expect(exit.reason).toBe("lost");
    expect(exit.detail).toMatch(/has forgotten the session$/);
    await server.idle();
  });

  test("is noticed by the end of its event stream, without a call", async () => {
    let streams = 0;
    await using server = await fakeServer({
      GET(exchange) {
        if (++streams > 1) return exchange.status(404);
        exchange.stream();
        exchange.response.end();
      },
    });
    await using remote = await connect({ url: server.url });
    await remote.client.closed;
    expect((await remote.instance.exited).reason).toBe("lost");
  });

  test("is a plain refusal where there was no session, or where 400 is about something else", async () => {
    await using server = await fakeServer({
      "tools/call": (exchange) => badRequest(exchange, "Mind your arguments"),
    });
    await using remote = await connect({ url: server.url });
    await expect(remote.client.call("echo")).rejects.toMatchObject({
      reason: "upstream_protocol_error",
      detail: "http_400",
      message: expect.stringContaining("Mind your arguments"),
    });
    expect(await remote.client.request("ping")).toEqual({});
  });
});

describe("a server that is gone", () => {
  test("fails the call without doubt, ends the instance, and is found again when it is back", async () => {
    const first = await fakeServer({}, { closes: true });
    await using gateway = await remoteGateway({ url: first.url });
    const client = await GatewayClient.connect(gateway);
    expect(await client.call("echo", { text: "a" })).toBe("a");
    await first[Symbol.asyncDispose]();
    const { error } = await client.ask("tools/call", { name: "echo", arguments: { text: "b" } });
    expect(error?.data).toMatchObject({ reason: "upstream_closed", detail: "connect", executed: "no" });
    expect(error?.message).toMatch(/can not be reached \(ECONNREFUSED\); is the server up\?/);
    await using second = await fakeServer({}, { port: Number(new URL(first.url).port) });
    expect(await client.call("echo", { text: "c" })).toBe("c");
    expect(second.exchanges.filter(isCall)).toHaveLength(1);
  });
});
