import { describe, expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeInstance, fakeServer } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const related = "io.modelcontextprotocol/related-task";

/** A server whose tool runs as a task. */
function tasking(ttl: number | null = null) {
  const states = new Map<string, string>();
  const taskOf = (taskId: string) => ({ taskId, status: states.get(taskId), ttl, createdAt: "then" });
  const known = (params: Params) => {
    const taskId = String(params.taskId);
    if (states.has(taskId)) return taskId;
    throw Object.assign(new Error("Task not found"), { code: -32602 });
  };
  const server = fakeServer(
    {},
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { tools: {}, tasks: { list: {}, cancel: {}, requests: { tools: { call: {} } } } },
          serverInfo: { name: "t", version: "1" },
        }),
        "tools/list": () => ({ tools: [{ name: "slow" }] }),
        "tools/call": ({ task }) => {
          if (task === undefined) return { content: [] };
          const taskId = `task-${states.size + 1}`;
          states.set(taskId, "working");
          return { task: taskOf(taskId), _meta: { big: 1 } };
        },
        "tasks/get": (params) => taskOf(known(params)),
        "tasks/cancel": (params) => {
          states.set(known(params), "cancelled");
          return taskOf(known(params));
        },
        "tasks/result": (params) => {
          const taskId = known(params);
          states.set(taskId, "completed");
          return { content: [], _meta: { [related]: { taskId } } };
        },
        "tasks/list": ({ cursor }) => {
          const tasks = [...states.keys()].map(taskOf);
          return cursor === undefined
            ? { tasks: tasks.slice(0, 1), nextCursor: "2" }
            : { tasks: tasks.slice(1) };
        },
      },
    },
  );
  return { server, states };
}

async function start(client: TestClient, name: string, meta: Params = {}): Promise<string> {
  const { task } = await client.result("tools/call", { name, task: { ttl: 60_000 }, ...meta });
  return (task as { taskId: string }).taskId;
}

function notify(instance: FakeInstance, method: string, params: Params): void {
  instance.say({ jsonrpc: "2.0", method, params });
}

function heardBy(client: TestClient, method: string): unknown[] {
  return client.received.flatMap((message) =>
    "method" in message && message.method === method ? [message.params] : [],
  );
}

describe("a task", () => {
  test("has an id with the server's name on the aggregate, everywhere it occurs", async () => {
    const { server } = tasking();
    const { gateway, runtime } = await testGateway({ a: server, b: tasking().server });
    const client = await TestClient.connect(gateway);
    await client.result("initialize", { protocolVersion: "2025-11-25", capabilities: { elicitation: {} } });
    client.notify("notifications/initialized");
    const taskId = await start(client, "a__slow", { _meta: { progressToken: "mine" } });
    expect(taskId).toBe("a__task-1");
    expect(await start(client, "b__slow")).toBe("b__task-1");
    expect(await client.result("tasks/get", { taskId })).toMatchObject({ taskId, status: "working" });
    const { tasks } = await client.result("tasks/list");
    expect(tasks).toMatchObject([{ taskId: "a__task-1" }, { taskId: "b__task-1" }]);
    const [instance] = runtime.instances as [FakeInstance];
    notify(instance, "notifications/tasks/status", { taskId: "task-1", status: "input_required" });
    expect(heardBy(client, "notifications/tasks/status")).toEqual([{ taskId, status: "input_required" }]);
    const pending = client.result("tasks/result", { taskId });
    instance.say({
      jsonrpc: "2.0",
      id: "q",
      method: "elicitation/create",
      params: { message: "?", _meta: { [related]: { taskId: "task-1" } } },
    });
    expect(await pending).toEqual({ content: [], _meta: { [related]: { taskId } } });
    const question = await client.heard("elicitation/create");
    expect(question.params?._meta?.[related]).toEqual({ taskId });
    const answer = { action: "accept", _meta: { [related]: { taskId } } };
    await client.answer(question, answer);
    expect(instance.received.at(-1)).toMatchObject({
      id: "q",
      result: { _meta: { [related]: { taskId: "task-1" } } },
    });
    expect(await client.result("tasks/cancel", { taskId: "b__task-1" })).toMatchObject({
      taskId: "b__task-1",
      status: "cancelled",
    });
    expect(await client.refusal("tasks/get", { taskId: "c__task-1" })).toMatchObject({
      reason: "bad_params",
    });
  });

  test("is its session's alone on a shared server: to get, to list, and to hear of", async () => {
    const { server } = tasking();
    const { gateway, runtime } = await testGateway({ a: server });
    const one = await TestClient.connect(gateway, "a");
    const two = await TestClient.connect(gateway, "a");
    const three = await TestClient.connect(gateway);
    const first = await start(one, "slow", { _meta: { progressToken: 0 } });
    await start(two, "slow", { _meta: { progressToken: 0 } });
    for (const method of ["tasks/get", "tasks/result", "tasks/cancel"]) {
      expect(await two.refusal(method, { taskId: first })).toMatchObject({ reason: "bad_params" });
      expect(await three.refusal(method, { taskId: `a__${first}` })).toMatchObject({ reason: "bad_params" });
    }
    expect((await one.result("tasks/list")).tasks).toMatchObject([{ taskId: "task-1" }]);
    expect(await two.result("tasks/list")).toEqual({ tasks: [], nextCursor: "2" });
    expect((await two.result("tasks/list", { cursor: "2" })).tasks).toMatchObject([{ taskId: "task-2" }]);
    expect((await three.result("tasks/list")).tasks).toEqual([]);
    const instance = runtime.last;
    const token = tokensOf(instance)[0];
    notify(instance, "notifications/tasks/status", { taskId: first, status: "working" });
    notify(instance, "notifications/progress", { progressToken: token, progress: 1 });
    await settle();
    // The first note is the gateway's: the server was starting.
    expect(heardBy(one, "notifications/progress").slice(1)).toEqual([{ progressToken: 0, progress: 1 }]);
    expect(heardBy(one, "notifications/tasks/status")).toHaveLength(1);
    for (const client of [two, three]) {
      expect(heardBy(client, "notifications/progress")).toEqual([]);
      expect(heardBy(client, "notifications/tasks/status")).toEqual([]);
    }
  });

  test("tells its state before the call that made it is answered, if it can be nobody else's", async () => {
    const { server } = tasking();
    const { gateway, runtime } = await testGateway({ a: server });
    const one = await TestClient.connect(gateway, "a");
    const two = await TestClient.connect(gateway, "a");
    await one.result("tools/call", { name: "slow" });
    const held = Promise.withResolvers<Params>();
    server.methods["tools/call"] = () => held.promise;
    const plain = one.ask("tools/call", { name: "slow" });
    await settle();
    notify(runtime.last, "notifications/tasks/status", { taskId: "new", status: "working" });
    expect(heardBy(one, "notifications/tasks/status")).toEqual([]);
    const call = one.ask("tools/call", { name: "slow", task: {} });
    await settle();
    notify(runtime.last, "notifications/tasks/status", { taskId: "new", status: "working" });
    expect(heardBy(one, "notifications/tasks/status")).toHaveLength(1);
    void two.ask("tools/call", { name: "slow" });
    await settle();
    notify(runtime.last, "notifications/tasks/status", { taskId: "new", status: "working" });
    for (const [client, heard] of [
      [one, 1],
      [two, 0],
    ] as const) {
      expect(heardBy(client, "notifications/tasks/status")).toHaveLength(heard);
    }
    held.resolve({ content: [] });
    await Promise.all([plain, call]);
  });

  test("keeps its server awake until it is over, which the gateway looks for itself", async () => {
    const { server, states } = tasking();
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
    const client = await TestClient.connect(gateway, "a");
    const taskId = await start(client, "slow");
    await clock.advance(120_000);
    expect(runtime.running).toBe(1);
    states.set(taskId, "completed");
    await clock.advance(31_000);
    expect(runtime.running).toBe(1);
    await clock.advance(11_000);
    expect(runtime.running).toBe(0);
  });

  test.each(["tasks/result", "tasks/cancel"])("is over after %s", async (method) => {
    const { server } = tasking();
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
    const client = await TestClient.connect(gateway, "a");
    const taskId = await start(client, "slow", { _meta: { progressToken: 0 } });
    await client.result(method, { taskId });
    const progress = { progressToken: tokensOf(runtime.last)[0], progress: 1 };
    const before = gateway.stats().droppedFrames;
    notify(runtime.last, "notifications/progress", progress);
    expect(gateway.stats().droppedFrames).toBe(before + 1);
    await clock.advance(11_000);
    expect(runtime.running).toBe(0);
  });

  test("that its server has forgotten is over", async () => {
    const { server, states } = tasking();
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
    const client = await TestClient.connect(gateway, "a");
    await start(client, "slow");
    states.clear();
    await clock.advance(41_000);
    expect(runtime.running).toBe(0);
  });

  test("keeps it awake no longer than the task may live, or its session does", async () => {
    const { server } = tasking(20_000);
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
    const client = await TestClient.connect(gateway, "a");
    await start(client, "slow");
    await clock.advance(19_000);
    expect(runtime.running).toBe(1);
    await clock.advance(12_000);
    expect(runtime.running).toBe(0);
    await start(client, "slow");
    await client.session?.close();
    const other = await TestClient.connect(gateway, "a");
    void other.ask("tools/call", { name: "slow", task: {} });
    await settle();
    notify(runtime.last, "notifications/tasks/status", { taskId: "task-2", status: "working" });
    expect(heardBy(other, "notifications/tasks/status")).toEqual([]);
    await other.session?.close();
    // What nobody can ask for any more is not to go on.
    expect(runtime.last.received).toContainEqual(
      expect.objectContaining({ method: "tasks/cancel", params: { taskId: "task-2" } }),
    );
    await clock.advance(11_000);
    expect(runtime.running).toBe(0);
  });

  test("is gone with its server", async () => {
    const { server } = tasking();
    const { gateway, runtime, clock } = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
    const client = await TestClient.connect(gateway);
    const taskId = await start(client, "a__slow");
    runtime.last.crash();
    await clock.advance(100);
    expect(await client.refusal("tasks/get", { taskId })).toMatchObject({ reason: "bad_params" });
    expect(runtime.running).toBe(0);
    await client.result("tools/call", { name: "a__slow" });
    expect(await client.refusal("tasks/get", { taskId })).toMatchObject({ reason: "bad_params" });
    await clock.advance(11_000);
    expect(runtime.running).toBe(0);
  });
});

/** The progress tokens under which calls went up. */
function tokensOf({ received }: FakeInstance): unknown[] {
  return received.flatMap((message) =>
    "method" in message && message.method === "tools/call" ? [message.params?._meta?.progressToken] : [],
  );
}
