import { describe, expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeInstance, fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

/** A server that logs, and remembers the levels it was told. */
function logging(capabilities: Params = { logging: {}, tools: {} }) {
  const levels: unknown[] = [];
  const server = fakeServer(
    {
      log: ({ level, logger }, instance) => {
        log(instance, String(level), logger);
        return text("logged");
      },
      wait: () => new Promise<Params>(() => {}),
    },
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities,
          serverInfo: { name: "l", version: "1" },
        }),
        "logging/setLevel": ({ level }) => {
          levels.push(level);
          return {};
        },
      },
    },
  );
  return { server, levels };
}

function log(instance: FakeInstance, level: string, logger?: unknown): void {
  const params = { level, data: "said", ...(logger === undefined ? {} : { logger }) };
  instance.say({ jsonrpc: "2.0", method: "notifications/message", params });
}

function logsOf(client: TestClient): unknown[] {
  return client.received.flatMap((message) =>
    "method" in message && message.method === "notifications/message" ? [message.params] : [],
  );
}

describe("a log message", () => {
  test("goes to the session whose call caused it, with the server's name on the aggregate", async () => {
    const { gateway } = await testGateway({ a: logging().server });
    const all = await TestClient.connect(gateway);
    const one = await TestClient.connect(gateway, "a");
    await all.call("a__log", { level: "info" });
    await all.call("a__log", { level: "debug", logger: "db" });
    expect(logsOf(all)).toEqual([
      { logger: "a", level: "info", data: "said" },
      { level: "debug", data: "said", logger: "a__db" },
    ]);
    expect(logsOf(one)).toEqual([]);
    await one.call("log", { level: "info" });
    expect(logsOf(one)).toEqual([{ level: "info", data: "said" }]);
  });

  test("without anything in it stays a message", async () => {
    const { gateway, runtime } = await testGateway({ a: logging().server });
    const client = await TestClient.connect(gateway);
    void client.call("a__wait");
    await settle();
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/message", params: {} });
    expect(await client.heard("notifications/message")).toMatchObject({ params: {} });
  });

  test("that nobody or any of several may have caused reaches nobody, and is counted", async () => {
    const { gateway, runtime, events } = await testGateway({ a: logging().server });
    const one = await TestClient.connect(gateway, "a");
    const two = await TestClient.connect(gateway, "a");
    await one.call("log", { level: "info" });
    log(runtime.last, "error");
    void one.call("wait");
    void two.call("wait");
    await settle();
    log(runtime.last, "error");
    await settle();
    expect(logsOf(one)).toHaveLength(1);
    expect(logsOf(two)).toEqual([]);
    expect(events.filter(({ type }) => type === "frame-dropped")).toHaveLength(2);
  });

  test("in the clothes of a changed list is no more for everybody than any other", async () => {
    const { gateway, runtime, events } = await testGateway({ a: logging().server });
    const client = await TestClient.connect(gateway, "a");
    await client.call("log", { level: "info" });
    const before = client.received.length;
    runtime.last.say({ jsonrpc: "2.0", method: "notifications/x/list_changed", params: { secret: 1 } });
    await settle();
    expect(client.received).toHaveLength(before);
    expect(events.filter(({ type }) => type === "frame-dropped")).toHaveLength(1);
  });

  test("of an instance of its own always reaches the session, from its level on", async () => {
    const { gateway, runtime } = await testGateway({ a: logging().server }, {}, { scope: "session" });
    const client = await TestClient.connect(gateway);
    await client.result("logging/setLevel", { level: "warning" });
    await client.call("a__log", { level: "info" });
    log(runtime.last, "error");
    log(runtime.last, "notice");
    log(runtime.last, "strange");
    await settle();
    expect(logsOf(client)).toMatchObject([{ level: "error" }, { level: "strange" }]);
  });
});

describe("the level of log messages", () => {
  test("is each client's own on a shared server, which is told the lowest", async () => {
    const { server, levels } = logging();
    const { gateway } = await testGateway({ a: server });
    const one = await TestClient.connect(gateway, "a");
    const two = await TestClient.connect(gateway);
    const three = await TestClient.connect(gateway);
    await one.call("log", { level: "debug" });
    expect(logsOf(one)).toHaveLength(1);
    expect(await one.result("logging/setLevel", { level: "error" })).toEqual({});
    await two.result("logging/setLevel", { level: "debug" });
    await two.result("logging/setLevel", { level: "debug" });
    expect(levels).toEqual(["error", "debug"]);
    await one.call("log", { level: "warning" });
    await two.call("a__log", { level: "debug" });
    // Who chose none gets what is usual, though another's choice makes the server say more.
    await three.call("a__log", { level: "debug" });
    await three.call("a__log", { level: "info" });
    expect(logsOf(one)).toHaveLength(1);
    expect(logsOf(two)).toHaveLength(1);
    expect(logsOf(three)).toMatchObject([{ level: "info" }]);
    await two.session?.close();
    await settle();
    expect(levels).toEqual(["error", "debug", "error"]);
  });

  test("is told again to a server that starts anew", async () => {
    const { server, levels } = logging();
    const { gateway, runtime } = await testGateway({ a: server });
    const client = await TestClient.connect(gateway, "a");
    await client.result("logging/setLevel", { level: "alert" });
    expect(levels).toEqual([]);
    await client.call("log", { level: "info" });
    runtime.last.crash();
    await settle();
    await client.call("log", { level: "alert" });
    expect(levels).toEqual(["alert", "alert"]);
    expect(logsOf(client)).toHaveLength(1);
  });

  test("must be one of MCP's, and is nothing for a server without log messages", async () => {
    const { server, levels } = logging({ tools: {} });
    const { gateway } = await testGateway({ a: server });
    const all = await TestClient.connect(gateway);
    expect(await all.refusal("logging/setLevel", { level: "loud" })).toMatchObject({ reason: "bad_params" });
    const one = await TestClient.connect(gateway, "a");
    await one.call("log", { level: "info" });
    expect(await one.refusal("logging/setLevel", { level: "info" })).toMatchObject({
      reason: "method_not_found",
    });
    await all.result("logging/setLevel", { level: "info" });
    expect(levels).toEqual([]);
  });
});
