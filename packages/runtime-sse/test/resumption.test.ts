import { expect, test } from "vitest";
import { connect } from "./support/connect.ts";
import { answerTo, type Exchange, fakeServer } from "./support/fake-server.ts";

test("an answer that is cut off goes on where it was, on another connection, after a second", async () => {
  await using server = await fakeServer({
    "tools/call"(exchange) {
      call = exchange;
      exchange.stream();
      exchange.event(undefined, "e1");
      exchange.response.end();
    },
    GET(exchange) {
      if (exchange.headers["last-event-id"] === undefined) return exchange.status(405);
      exchange.stream();
      exchange.event(answerTo(call as Exchange, "after all"), "e2");
      exchange.response.end();
    },
  });
  let call: Exchange | undefined;
  await using remote = await connect({ url: server.url });
  const begin = performance.now();
  expect(await remote.client.call("echo")).toBe("after all");
  expect(performance.now() - begin).toBeGreaterThan(990);
  const { headers } = await server.when(({ headers }) => headers["last-event-id"] !== undefined);
  expect(headers).toMatchObject({ "last-event-id": "e1", "mcp-session-id": "session-1" });
  expect(server.exchanges.filter(({ method }) => method === "tools/call")).toHaveLength(1);
  expect(remote.client.errors).toEqual([]);
  expect(remote.heard.at(-1)?.extra).toEqual({ requestId: call?.id, streamed: true });
  expect(remote.ended).toEqual([[call?.id, { retryMs: undefined }]]);
});

test("the stream of what nobody asked for brings messages without a request, over HTTP", async () => {
  await using server = await fakeServer({
    GET(exchange) {
      exchange.stream();
      exchange.event({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
    },
  });
  await using remote = await connect({ url: server.url });
  await server.when(({ httpMethod }) => httpMethod === "GET");
  await remote.client.call("echo");
  const said = () => remote.heard.find(({ frame }) => frame.head.method !== undefined);
  while (!said()) await new Promise(setImmediate);
  expect(said()?.extra?.requestId).toBeUndefined();
});
