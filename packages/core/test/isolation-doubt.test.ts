import { describe, expect, test } from "vitest";
import type { Gateway } from "../src/gateway/types.ts";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { type FakeInstance, fakeServer, type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const never: Handler = () => new Promise(() => {});
const server = fakeServer({ wait: never, echo: () => text("x") }, { methods: { "tasks/result": never } });
const log = {
  jsonrpc: "2.0",
  method: "notifications/message",
  params: { level: "info", data: "?" },
} as const;

async function waiting(gateway: Gateway, count: number): Promise<TestClient[]> {
  const clients: TestClient[] = [];
  for (let index = 0; index < count; index++) {
    const client = await TestClient.connect(gateway, "a");
    await client.result("initialize", { protocolVersion: "2025-11-25", capabilities: { sampling: {} } });
    client.notify("notifications/initialized");
    void client.ask("tools/call", { name: "wait" }, "mine");
    clients.push(client);
  }
  await settle();
  return clients;
}

async function asked(
  instance: FakeInstance,
  id: string,
  params: Params = {},
): Promise<JsonRpcMessage | undefined> {
  instance.say({ jsonrpc: "2.0", id, method: "sampling/createMessage", params });
  await settle();
  return instance.received.find((message) => !("method" in message) && message.id === id);
}

const logsOf = ({ received }: TestClient) =>
  received.filter((message) => "method" in message && message.method === log.method);
const questionsOf = ({ received }: TestClient) =>
  received.filter((message) => "method" in message && "id" in message);

describe("a call that was given up", () => {
  test("may still be what the server speaks of, for some seconds", async () => {
    const { gateway, runtime, clock } = await testGateway({ a: server });
    const [leaving, staying] = (await waiting(gateway, 2)) as [TestClient, TestClient];
    leaving.notify("notifications/cancelled", { requestId: "mine" });
    await clock.advance(4_000);
    runtime.last.say(log);
    expect(await asked(runtime.last, "1")).toMatchObject({ error: { code: -32601 } });
    expect(logsOf(staying)).toEqual([]);
    void staying.ask("tools/call", { name: "wait" }, "another");
    await clock.advance(1_000);
    runtime.last.say(log);
    expect(await asked(runtime.last, "2")).toBeUndefined();
    expect(logsOf(staying)).toHaveLength(1);
    expect(questionsOf(staying)).toHaveLength(1);
    expect(questionsOf(leaving)).toEqual([]);
  });

  test("by its time limit may be so too", async () => {
    const { gateway, runtime, clock } = await testGateway({ a: server }, { request_timeout_seconds: 30 });
    await waiting(gateway, 1);
    await clock.advance(29_000);
    const [staying] = (await waiting(gateway, 1)) as [TestClient];
    await clock.advance(2000);
    expect(await asked(runtime.last, "1")).toMatchObject({ error: { code: -32601 } });
    await clock.advance(20_000);
    expect(await asked(runtime.last, "2")).toMatchObject({ error: { code: -32601 } });
    expect(questionsOf(staying)).toEqual([]);
  });

  test("is so no more once the server has answered it", async () => {
    const { gateway, runtime } = await testGateway({ a: server });
    const [leaving, staying] = (await waiting(gateway, 2)) as [TestClient, TestClient];
    await leaving.session?.close();
    const given = runtime.last.received.find(
      (message) => "method" in message && message.method === "notifications/cancelled",
    );
    const { requestId } = (given as unknown as { params: { requestId: number } }).params;
    expect(await asked(runtime.last, "1")).toMatchObject({ error: { code: -32601 } });
    runtime.last.say({ jsonrpc: "2.0", id: requestId, result: {} });
    expect(await asked(runtime.last, "2")).toBeUndefined();
    expect(questionsOf(staying)).toHaveLength(1);
  });

  test("puts no doubt on another call of the same session", async () => {
    const { gateway, runtime } = await testGateway({ a: server });
    const [client] = (await waiting(gateway, 1)) as [TestClient];
    client.notify("notifications/cancelled", { requestId: "mine" });
    expect(await asked(runtime.last, "1")).toMatchObject({ error: { code: -32601 } });
    void client.ask("tools/call", { name: "wait" }, "mine");
    await settle();
    expect(await asked(runtime.last, "2")).toBeUndefined();
    expect(questionsOf(client)).toHaveLength(1);
  });
});

describe("what belongs to a task", () => {
  const related = (taskId: string) => ({ _meta: { "io.modelcontextprotocol/related-task": { taskId } } });

  test("that no session has is for nobody, though one session alone has a call in flight", async () => {
    const { gateway, runtime } = await testGateway({ a: server });
    const [client] = (await waiting(gateway, 1)) as [TestClient];
    runtime.last.say({ ...log, params: { ...log.params, ...related("unknown") } });
    expect(await asked(runtime.last, "1", related("unknown"))).toMatchObject({
      error: { code: -32601, message: expect.stringContaining("no session has the task") },
    });
    expect(logsOf(client)).toEqual([]);
    expect(questionsOf(client)).toEqual([]);
  });

  test("may be anything, or nothing, in a message that is not for tasks", async () => {
    const { gateway, runtime } = await testGateway({ a: server });
    const [client] = (await waiting(gateway, 1)) as [TestClient];
    const odd = [null, 7, [], { taskId: 7 }, { taskId: null }];
    for (const value of odd) {
      const _meta = { "io.modelcontextprotocol/related-task": value };
      runtime.last.say({ ...log, params: { ...log.params, _meta } });
    }
    runtime.last.say({ ...log, params: { level: "info", data: "related-task" } });
    await settle();
    expect(logsOf(client)).toHaveLength(odd.length + 1);
  });
});
