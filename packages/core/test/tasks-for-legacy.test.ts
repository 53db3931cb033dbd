import { describe, expect, test } from "vitest";
import type { Params } from "../src/runtime/transport.ts";
import { text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { type ModernServer, methodsOf, modernServer, requestsOf } from "./support/modern-server.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

const related = "io.modelcontextprotocol/related-task";
const extensions = { "io.modelcontextprotocol/tasks": {} };
const question = {
  method: "elicitation/create",
  params: { mode: "form", message: "?", requestedSchema: {} },
};

/** A modern server that makes a task of each call. */
function tasking(more: ModernServer = {}) {
  const task: Params = { taskId: "t1", status: "working", ttlMs: null, pollIntervalMs: 500 };
  const server = modernServer(
    {
      slow: () => ({ resultType: "task", taskId: "t1", status: "working", ttlMs: null, pollIntervalMs: 500 }),
    },
    {
      ...more,
      capabilities: { tools: {}, extensions },
      methods: {
        "tasks/get": () => ({ ...task }),
        "tasks/update": () => {
          task.status = "working";
          delete task.inputRequests;
          return {};
        },
        "tasks/cancel": () => {
          task.status = "cancelled";
          return {};
        },
        ...more.methods,
      },
    },
  );
  return { server, task };
}

const complete = (task: Params) => Object.assign(task, { status: "completed", result: text("done") });

async function connected(endpoint: string | undefined, more: ModernServer = {}) {
  const { server, task } = tasking(more);
  const parts = await testGateway({ a: server }, {}, { idle_timeout_seconds: 10 });
  const client = await connect();
  await client.result("tools/list");
  return { ...parts, task, server, client, connect, name: endpoint ? "slow" : "a__slow" };

  async function connect(): Promise<TestClient> {
    const one = await TestClient.connect(parts.gateway, endpoint);
    await one.result("initialize", { protocolVersion: "2025-11-25", capabilities: { elicitation: {} } });
    one.notify("notifications/initialized");
    return one;
  }
}

describe.each([undefined, "a"])(
  "a task of a modern server for a legacy client (endpoint: %s)",
  (endpoint) => {
    test("is waited for, as the server likes, by who did not want one", async () => {
      const { client, name, clock, task, runtime } = await connected(endpoint);
      const answer = client.result("tools/call", { name, _meta: { progressToken: "mine" } });
      // Far longer than a server may be silent, an instance idle, or a client patient without a sign.
      await clock.advance(100_000);
      const told = client.received.flatMap((message) => ("method" in message ? [message.params] : []));
      expect(told.length).toBeGreaterThan(19);
      expect(told.at(-1)).toMatchObject({
        progressToken: "mine",
        message: "Server 'a' runs a task (100 s)",
      });
      expect(requestsOf(runtime.last, "tasks/get").length).toBeGreaterThan(195);
      expect(requestsOf(runtime.last, "tasks/get").length).toBeLessThan(210);
      complete(task);
      await clock.advance(500);
      expect(await answer).toMatchObject(text("done"));
    });

    test("asks its client for real what it needs to know, once", async () => {
      const { client, name, clock, task, runtime } = await connected(endpoint);
      const answer = client.result("tools/call", { name });
      await clock.advance(400);
      Object.assign(task, { status: "input_required", inputRequests: { k: question } });
      const asked = client.heard("elicitation/create");
      // The client's time is not the server's.
      await clock.advance(550_000);
      await client.answer(await asked, { action: "accept", content: {} });
      await clock.advance(550_000);
      const updates = requestsOf(runtime.last, "tasks/update").map(({ params }) => params);
      expect(updates).toMatchObject([
        { taskId: "t1", inputResponses: { k: { action: "accept", content: {} } } },
      ]);
      complete(task);
      await clock.advance(500);
      expect(await answer).toMatchObject(text("done"));
    });

    test("that fails gives the error of the call, and one that is cancelled an error of ours", async () => {
      const { client, name, clock, task } = await connected(endpoint);
      const failing = client.ask("tools/call", { name });
      Object.assign(task, { status: "failed", error: { code: -32099, message: "broken", data: [1] } });
      await clock.advance(500);
      expect(await failing).toMatchObject({ error: { code: -32099, message: "broken", data: [1] } });
      task.status = "cancelled";
      const cancelled = client.refusal("tools/call", { name });
      await clock.advance(500);
      expect(await cancelled).toMatchObject({ reason: "cancelled", executed: "unknown" });
      task.status = "completed";
      delete task.result;
      const empty = client.refusal("tools/call", { name });
      await clock.advance(500);
      expect(await empty).toMatchObject({ reason: "upstream_protocol_error" });
    });

    test("is given up with the call that waits for it, and when its time is over", async () => {
      const { client, name, clock, task, server } = await connected(endpoint);
      const late = client.refusal("tools/call", { name });
      await clock.advance(601_000);
      expect(await late).toMatchObject({ reason: "upstream_timeout", executed: "unknown" });
      expect(task.status).toBe("cancelled");
      task.status = "working";
      void client.ask("tools/call", { name }, 77);
      await clock.advance(1000);
      client.notify("notifications/cancelled", { requestId: 77 });
      await settle();
      expect(task.status).toBe("cancelled");
      server.methods["tasks/get"] = () => {
        throw new Error("lost");
      };
      const lost = client.refusal("tools/call", { name });
      await clock.advance(500);
      expect(await lost).toMatchObject({ reason: "upstream_protocol_error" });
    });

    test("is one of 2025-11-25 for who wanted one", async () => {
      const { client, name, clock, task, runtime } = await connected(endpoint);
      const { task: made } = await client.result("tools/call", { name, task: { ttl: 60_000 } });
      const taskId = endpoint ? "t1" : "a__t1";
      const shown = { taskId, status: "working", ttl: null, pollInterval: 500 };
      expect(made).toEqual(shown);
      expect(requestsOf(runtime.last, "tools/call")[0]?.params).not.toHaveProperty("task");
      expect(await client.result("tasks/get", { taskId })).toEqual(shown);
      const pending = client.result("tasks/result", { taskId });
      Object.assign(task, { status: "input_required", inputRequests: { k: question } });
      await clock.advance(500);
      const asked = await client.heard("elicitation/create");
      expect(asked.params?._meta).toEqual({ [related]: { taskId } });
      await client.answer(asked, { action: "accept", content: {} });
      expect(await client.result("tasks/list")).toEqual({ tasks: [shown] });
      complete(task);
      await clock.advance(500);
      expect(await pending).toEqual({ ...text("done"), _meta: { [related]: { taskId } } });
      expect(await client.result("tasks/list")).toEqual({ tasks: [{ ...shown, status: "completed" }] });
      expect(await client.refusal("tasks/cancel", { taskId })).toMatchObject({ reason: "bad_params" });
    });

    test("is cancelled for good", async () => {
      const { client, name, task } = await connected(endpoint);
      await client.result("tools/call", { name, task: {} });
      const taskId = endpoint ? "t1" : "a__t1";
      expect(await client.result("tasks/cancel", { taskId })).toMatchObject({ taskId, status: "cancelled" });
      // A modern server may end the work all the same.
      complete(task);
      expect(await client.result("tasks/get", { taskId })).toMatchObject({ status: "cancelled" });
      expect(await client.refusal("tasks/result", { taskId })).toMatchObject({ reason: "cancelled" });
      expect(await client.refusal("tasks/cancel", { taskId })).toMatchObject({ reason: "bad_params" });
    });

    test("is its session's alone, and ends with it", async () => {
      const { client, connect, name, task } = await connected(endpoint);
      const other = await connect();
      await client.result("tools/call", { name, task: {} });
      const taskId = endpoint ? "t1" : "a__t1";
      for (const method of ["tasks/get", "tasks/result", "tasks/cancel"]) {
        expect(await other.refusal(method, { taskId })).toMatchObject({ reason: "bad_params" });
      }
      expect(await other.result("tasks/list")).toEqual({ tasks: [] });
      await client.session?.close();
      await settle();
      expect(task.status).toBe("cancelled");
    });

    test("behind a URL is found there by a new instance", async () => {
      const { client, name, clock, task, runtime } = await connected(endpoint, { perRequest: true });
      await client.result("tools/call", { name, task: {} });
      await clock.advance(30_000);
      expect(runtime.running).toBe(0);
      complete(task);
      const taskId = endpoint ? "t1" : "a__t1";
      expect(await client.result("tasks/result", { taskId })).toMatchObject(text("done"));
    });
  },
);

test("the aggregate offers the tasks of modern servers to legacy clients, too", async () => {
  const { client } = await connected(undefined);
  const again = await client.result("initialize", { protocolVersion: "2025-11-25", capabilities: {} });
  expect(again.capabilities).toMatchObject({ tasks: { requests: { tools: { call: {} } } } });
});

test("nothing but a call of a tool may become a task", async () => {
  const prompts = { "prompts/get": () => ({ resultType: "task", taskId: "t1", status: "working" }) };
  const { client, runtime } = await connected("a", { methods: prompts });
  const refusal = await client.refusal("prompts/get", { name: "p" });
  expect(refusal).toMatchObject({ reason: "upstream_protocol_error" });
  expect(methodsOf(runtime.last)).not.toContain("tasks/get");
});
