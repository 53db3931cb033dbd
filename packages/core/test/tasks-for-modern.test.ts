import { describe, expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { type FakeInstance, type FakeServer, fakeServer, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { allCapabilities, ModernClient } from "./support/modern-client.ts";
import { methodsOf, requestsOf } from "./support/modern-server.ts";
import { settle } from "./support/virtual-clock.ts";

const related = "io.modelcontextprotocol/related-task";
const extensions = { "io.modelcontextprotocol/tasks": {} };
const knowing = { ...allCapabilities, extensions };

/** A legacy server with a tool that must run as a task, and its one task. */
function tasking() {
  const task: Params = { taskId: "1", status: "working", ttl: 60_000, createdAt: "then", pollInterval: 500 };
  const result: Params = { ...text("done"), _meta: { [related]: { taskId: "1" }, "com.example/x": 1 } };
  const held: { result?: Promise<Params> } = {};
  const server: FakeServer = fakeServer(
    {},
    {
      methods: {
        initialize: ({ protocolVersion }) => ({
          protocolVersion,
          capabilities: { tools: {}, tasks: { cancel: {}, requests: { tools: { call: {} } } } },
          serverInfo: { name: "t", version: "1" },
        }),
        "tools/list": () => ({
          tools: [
            { name: "slow", execution: { taskSupport: "required" } },
            { name: "either", execution: { taskSupport: "optional" } },
          ],
        }),
        "tools/call": ({ task: wish }) => (wish ? { task: { ...task } } : text("at once")),
        "tasks/get": () => ({ ...task }),
        "tasks/cancel": () => {
          task.status = "cancelled";
          return { ...task };
        },
        "tasks/result": () => held.result ?? result,
      },
    },
  );
  return { server, task, result, held };
}

const endpoints = [undefined, "a"];

async function connected(server: string | undefined, parts = tasking(), entry = {}) {
  const all = await testGateway({ a: parts.server }, {}, entry);
  const client = new ModernClient(all.gateway, { server, capabilities: knowing });
  await client.result("tools/list");
  const name = (own: string) => (server ? own : `a__${own}`);
  return { ...all, ...parts, client, name };
}

function ask(instance: FakeInstance, id: string, taskId = "1"): void {
  const params = { mode: "form", message: "?", requestedSchema: {}, _meta: { [related]: { taskId } } };
  instance.say({ jsonrpc: "2.0", id, method: "elicitation/create", params });
}

function answerTo(instance: FakeInstance, id: string): unknown {
  return instance.received.find((message) => !("method" in message) && message.id === id);
}

describe.each(endpoints)("a task of a legacy server for a modern client (endpoint: %s)", (endpoint) => {
  test("is offered, begun, looked at and given with its result", async () => {
    const { client, name, runtime, task } = await connected(endpoint);
    expect(await client.result("server/discover")).toMatchObject({ capabilities: { extensions } });
    const made = await client.result("tools/call", { name: name("slow"), arguments: { n: 1 } });
    expect(made).toMatchObject({
      resultType: "task",
      status: "working",
      ttlMs: 60_000,
      pollIntervalMs: 500,
      createdAt: "then",
    });
    expect(made).not.toHaveProperty("ttl");
    const { params } = requestsOf(runtime.last, "tools/call")[0] ?? {};
    expect(params).toMatchObject({ name: "slow", arguments: { n: 1 }, task: {} });
    const { taskId } = made;
    // The server's own id is easy to guess.
    expect(taskId).toMatch(endpoint ? /^[0-9a-f-]{36}$/ : /^a__[0-9a-f-]{36}$/);
    const working = await client.result("tasks/get", { taskId });
    expect(working).toMatchObject({ resultType: "complete", taskId, status: "working", ttlMs: 60_000 });
    task.status = "completed";
    const { result, ...over } = await client.result("tasks/get", { taskId });
    expect(over).toMatchObject({ resultType: "complete", taskId, status: "completed" });
    expect(result).toEqual({ ...text("done"), _meta: { "com.example/x": 1 } });
  });

  test("fails by an error only", async () => {
    const { client, name, server, task } = await connected(endpoint);
    const { taskId } = await client.result("tools/call", { name: name("slow") });
    task.status = "failed";
    server.methods["tasks/result"] = () => ({ ...text("no"), isError: true });
    expect(await client.result("tasks/get", { taskId })).toMatchObject({
      status: "completed",
      result: { isError: true },
    });
    server.methods["tasks/result"] = () => {
      throw Object.assign(new Error("broken"), { code: -32603 });
    };
    const failed = await client.result("tasks/get", { taskId });
    expect(failed).toMatchObject({ status: "failed", error: { code: -32603, message: "broken" } });
    expect(failed).not.toHaveProperty("result");
  });

  test("asks its client what the server asks, and takes the answer", async () => {
    const { client, name, runtime, task, held } = await connected(endpoint);
    const { taskId } = await client.result("tools/call", { name: name("slow") });
    held.result = new Promise(() => {});
    task.status = "input_required";
    const look = client.result("tasks/get", { taskId });
    await settle();
    expect(methodsOf(runtime.last)).toContain("tasks/result");
    ask(runtime.last, "q");
    const asked = await look;
    expect(asked).toMatchObject({
      status: "input_required",
      inputRequests: { q1: { method: "elicitation/create", params: { message: "?" } } },
    });
    expect(JSON.stringify(asked)).not.toContain(related);
    const inputResponses = { q1: { action: "accept", content: {} }, other: {} };
    expect(await client.result("tasks/update", { taskId, inputResponses })).toMatchObject({
      resultType: "complete",
    });
    await settle();
    expect(answerTo(runtime.last, "q")).toMatchObject({
      result: { action: "accept", _meta: { [related]: { taskId: "1" } } },
    });
  });

  test("is cancelled with an empty answer, also when it is over", async () => {
    const { client, name, server, task } = await connected(endpoint);
    const { taskId } = await client.result("tools/call", { name: name("slow") });
    const answer = await client.result("tasks/cancel", { taskId });
    expect(answer).toMatchObject({ resultType: "complete" });
    expect(answer).not.toHaveProperty("status");
    expect(task.status).toBe("cancelled");
    expect(await client.result("tasks/get", { taskId })).toMatchObject({ status: "cancelled" });
    server.methods["tasks/cancel"] = () => {
      throw Object.assign(new Error("over"), { code: -32602 });
    };
    expect(await client.result("tasks/cancel", { taskId })).toMatchObject({ resultType: "complete" });
  });

  test("is its principal's alone, and nothing for who does not know tasks", async () => {
    const { client, name, runtime } = await connected(endpoint);
    const { taskId } = await client.result("tools/call", { name: name("slow") });
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      const params = { taskId, inputResponses: {} };
      expect(await client.error(method, params, { principal: "you" })).toMatchObject({ code: -32602 });
      const plain = await client.error(method, params, { capabilities: {} });
      expect(plain).toMatchObject({ code: -32021, data: { requiredCapabilities: { extensions } } });
      expect(await client.error(method, { ...params, taskId: name("1") })).toMatchObject({ code: -32602 });
    }
    expect(methodsOf(runtime.last).some((method) => method.startsWith("tasks/"))).toBe(false);
  });

  test("is made of what can not run otherwise only", async () => {
    const { client, name, runtime } = await connected(endpoint);
    expect(await client.result("tools/call", { name: name("either") })).toMatchObject(text("at once"));
    expect(requestsOf(runtime.last, "tools/call")[0]?.params).not.toHaveProperty("task");
  });

  test("is waited for in the place of a client that does not know tasks", async () => {
    const { client, name, runtime, clock, task, held } = await connected(endpoint);
    task.ttl = null;
    const answer = client.result("tools/call", { name: name("slow") }, { capabilities: allCapabilities });
    await clock.advance(60_000);
    task.status = "input_required";
    held.result = new Promise(() => {});
    await clock.advance(500);
    ask(runtime.last, "q");
    await clock.advance(20);
    const needed = await answer;
    expect(needed).toMatchObject({ resultType: "input_required", inputRequests: { q1: {} } });
    // The client's time is not the server's.
    await clock.advance(590_000);
    const { requestState } = needed;
    const more = client.result(
      "tools/call",
      { name: name("slow"), requestState, inputResponses: { q1: { action: "accept" } } },
      { capabilities: allCapabilities },
    );
    await settle();
    expect(answerTo(runtime.last, "q")).toMatchObject({ result: { action: "accept" } });
    task.status = "completed";
    delete held.result;
    await clock.advance(1000);
    const result = await more;
    expect(result).toMatchObject({ ...text("done"), resultType: "complete" });
    expect(result._meta).not.toHaveProperty([related]);
  });

  test("is given up with the call that waits for it, and when its time is over", async () => {
    const { client, name, clock, task, runtime } = await connected(endpoint);
    const leaving = new AbortController();
    const plain = { capabilities: {}, signal: leaving.signal };
    const answer = client.error("tools/call", { name: name("slow") }, plain);
    await clock.advance(2000);
    leaving.abort();
    await answer;
    await settle();
    expect(task.status).toBe("cancelled");
    Object.assign(task, { taskId: "2", status: "working", ttl: null });
    const late = client.error("tools/call", { name: name("slow") }, { capabilities: {} });
    await clock.advance(601_000);
    expect(await late).toMatchObject({ data: { reason: "upstream_timeout" } });
    expect(task.status).toBe("cancelled");
    expect(requestsOf(runtime.last, "tools/call")).toHaveLength(2);
  });

  test("is waited for where the instance ends with the call", async () => {
    const { client, name, clock, task } = await connected(endpoint, tasking(), { scope: "session" });
    const answer = client.result("tools/call", { name: name("slow") });
    await clock.advance(1000);
    task.status = "completed";
    await clock.advance(1000);
    expect(await answer).toMatchObject({ resultType: "complete", ...text("done") });
  });
});

test("a kept task keeps its server awake while it runs", async () => {
  const { client, clock, runtime, task } = await connected("a", tasking(), { idle_timeout_seconds: 10 });
  task.ttl = null;
  const { taskId } = await client.result("tools/call", { name: "slow" });
  await clock.advance(300_000);
  expect(await client.result("tasks/get", { taskId })).toMatchObject({ status: "working" });
  task.status = "completed";
  await clock.advance(45_000);
  expect(runtime.running).toBe(0);
  expect(runtime.starts).toBe(1);
});

test("a kept task ends when its time is over, and with the gateway", async () => {
  const { client, clock, gateway, task } = await connected("a");
  const { taskId } = await client.result("tools/call", { name: "slow" });
  await clock.advance(61_000);
  expect(await client.error("tasks/get", { taskId })).toMatchObject({ code: -32602 });
  task.status = "working";
  await client.result("tools/call", { name: "slow" });
  await gateway[Symbol.asyncDispose]();
  expect(clock.armed).toBe(0);
});

test("what is asked before there is a task is asked of the call", async () => {
  const { client, runtime, server, task, clock } = await connected("a");
  const held = Promise.withResolvers<Params>();
  server.methods["tools/call"] = () => held.promise;
  const answer = client.result("tools/call", { name: "slow" });
  await settle();
  const params = { mode: "form", message: "?", requestedSchema: {} };
  runtime.last.say({ jsonrpc: "2.0", id: "q", method: "elicitation/create", params });
  await clock.advance(20);
  const { resultType, requestState } = await answer;
  expect(resultType).toBe("input_required");
  const inputResponses = { q1: { action: "accept" } };
  const more = client.result("tools/call", { name: "slow", requestState, inputResponses });
  await settle();
  held.resolve({ task: { ...task } });
  expect(await more).toMatchObject({ resultType: "task" });
});

test("links in the result of a task lead to its server on the aggregate", async () => {
  const listing = { "resources/list": () => ({ resources: [{ uri: "x:1", name: "x" }] }) };
  const { server, task, result } = tasking();
  const link = { type: "resource_link", name: "x", uri: "x:1" };
  Object.assign(result, { content: [link] });
  Object.assign(server.methods, listing, {
    initialize: ({ protocolVersion }: Params) => ({
      protocolVersion,
      capabilities: { tools: {}, resources: {}, tasks: { requests: { tools: { call: {} } } } },
      serverInfo: { name: "t", version: "1" },
    }),
  });
  const other = fakeServer({}, { methods: { ...server.methods, "tools/list": () => ({ tools: [] }) } });
  const { gateway } = await testGateway({ a: server, b: other });
  const client = new ModernClient(gateway, { capabilities: knowing });
  await client.result("tools/list");
  const { taskId } = await client.result("tools/call", { name: "a__slow" });
  task.status = "completed";
  const done = await client.result("tasks/get", { taskId });
  expect(done.result).toMatchObject({ content: [{ ...link, uri: "omg:a/x:1" }] });
});
