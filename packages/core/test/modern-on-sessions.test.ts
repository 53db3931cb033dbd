import { expect, test } from "vitest";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { AskingServer, form, rounds } from "./support/asking-server.ts";
import { fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

/** Parameters with what a request of the modern era says of its sender. */
function modern(params: Params = {}): Params {
  return {
    ...params,
    _meta: {
      "io.modelcontextprotocol/protocolVersion": "2026-07-28",
      "io.modelcontextprotocol/clientCapabilities": { elicitation: {} },
      ...params._meta,
    },
  };
}

test("one connection may speak both eras", async () => {
  const { gateway } = await testGateway({ a: fakeServer({ echo: () => text("hi") }) });
  const client = await TestClient.connect(gateway, "a");
  expect(await client.result("server/discover", modern())).toMatchObject({
    supportedVersions: ["2026-07-28"],
  });
  await client.result("initialize", { protocolVersion: "2025-11-25", capabilities: {} });
  expect(await client.result("tools/call", modern({ name: "echo" }))).toMatchObject({
    resultType: "complete",
  });
  expect(await client.result("tools/call", { name: "echo" })).toEqual(text("hi"));
  expect(await client.ask("ping")).toHaveProperty("result");
  expect(await client.ask("ping", modern())).toHaveProperty("error.code", -32601);
});

test("a request of the modern era is cancelled by its id, and not answered then", async () => {
  const { gateway, runtime } = await testGateway({ a: fakeServer({ wait: () => new Promise(() => {}) }) });
  const client = await TestClient.connect(gateway, "a");
  void client.ask("tools/call", modern({ name: "wait", _meta: { progressToken: 5 } }), 7);
  await settle();
  expect(client.session?.callsInFlight).toBe(1);
  expect(client.related).toEqual([7]); // The server was starting.
  expect(await client.ask("tools/call", modern({ name: "wait" }), 7)).toHaveProperty("error.code", -32600);
  const before = client.received.length;
  client.notify("notifications/cancelled", { requestId: 7 });
  await client.session?.idle();
  expect(runtime.last.received.at(-1)).toMatchObject({ method: "notifications/cancelled" });
  expect(client.received.length).toBe(before);
});

test("the end of a session ends its requests of the modern era, and the calls held for it", async () => {
  const asker = new AskingServer({ ask: rounds([form("1")]), wait: () => new Promise(() => {}) });
  const { gateway, runtime, clock } = await testGateway({ a: asker.server });
  const client = await TestClient.connect(gateway, "a");
  const asked = client.result("tools/call", modern({ name: "ask" }));
  await clock.advance(20);
  expect((await asked).resultType).toBe("input_required");
  void client.ask("tools/call", modern({ name: "wait" }));
  await settle();
  await client.session?.close();
  await settle();
  expect(gateway.stats().heldCalls).toBe(0);
  const cancelled = runtime.last.received.filter(
    (message) => "method" in message && message.method === "notifications/cancelled",
  );
  expect(cancelled).toHaveLength(2);
});

test("a held call goes on over the same session", async () => {
  const asker = new AskingServer({ ask: rounds([form("1")]) });
  const { gateway, clock } = await testGateway({ a: asker.server });
  const client = await TestClient.connect(gateway);
  const asked = client.result("tools/call", modern({ name: "a__ask" }));
  await clock.advance(20);
  const { requestState } = await asked;
  const inputResponses = { q1: { action: "decline" } };
  const params = modern({ name: "a__ask", requestState, inputResponses });
  expect(await client.result("tools/call", params)).toMatchObject({ resultType: "complete" });
  expect(asker.runs.ask).toBe(1);
});

test("who listens on a session is told when the gateway ends it, in both ways that MCP has for it", async () => {
  const { gateway } = await testGateway({ a: fakeServer() });
  const client = await TestClient.connect(gateway);
  const answer = client.ask(
    "subscriptions/listen",
    modern({ notifications: { toolsListChanged: true } }),
    "L",
  );
  await settle();
  expect(client.session?.callsInFlight).toBe(0);
  await client.session?.idle();
  await gateway.drain();
  await answer;
  expect(
    client.received.map((message: JsonRpcMessage) => ("method" in message ? message.method : "answer")),
  ).toEqual(["notifications/subscriptions/acknowledged", "answer", "notifications/cancelled"]);
});
