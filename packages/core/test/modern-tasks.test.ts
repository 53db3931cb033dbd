import { describe, expect, test } from "vitest";
import { requestFrame } from "../src/runtime/frame.ts";
import type { Params } from "../src/runtime/transport.ts";
import { Call, type Caller } from "../src/session/call.ts";
import { OwnedTasks } from "../src/upstream/owned-tasks.ts";
import { aggregateOf } from "./support/aggregate.ts";
import {
  capabilitiesKey,
  type ModernServer,
  modernServer,
  requestsOf,
  versionKey,
} from "./support/modern-server.ts";

const modern: Caller = {
  id: "m",
  era: "modern",
  capabilities: {},
  tell() {},
  relay() {},
  ask: () => Promise.reject(new Error("not asked")),
};
const envelope = { [versionKey]: "2026-07-28", [capabilitiesKey]: {} };

function request(method: string, params: Params, caller = modern): Call {
  return new Call(requestFrame("c", method, { ...params, _meta: envelope }), caller);
}

/** A server with one task, which remembers what it was asked of it. */
function slowServer(more: ModernServer = {}) {
  const task = { taskId: "t1", status: "working", ttlMs: 3_600_000 };
  const asked: string[] = [];
  const handle = (method: string, answer: Params) => ({
    [method]: ({ taskId }: Params) => {
      asked.push(`${method} ${taskId}`);
      return { ...answer };
    },
  });
  const methods = {
    ...handle("tasks/get", task),
    ...handle("tasks/update", {}),
    ...handle("tasks/cancel", {}),
  };
  const server = modernServer({ slow: () => ({ resultType: "task", ...task }) }, { ...more, methods });
  return { server, asked, task };
}

describe("the tasks of a modern server", () => {
  test("are known to modern clients of the aggregate by names that lead back to it", async () => {
    const { server, asked } = slowServer();
    const { endpoint } = await aggregateOf({ a: server }, "m");
    const made = (await endpoint.request(request("tools/call", { name: "a__slow" }))).value();
    const { taskId } = ("result" in made ? made.result : {}) as { taskId: string };
    expect(taskId).not.toBe("t1");
    const got = (await endpoint.request(request("tasks/get", { taskId }))).value();
    expect(got).toMatchObject({ result: { taskId, status: "working" } });
    await endpoint.request(request("tasks/update", { taskId, inputResponses: {} }));
    await endpoint.request(request("tasks/cancel", { taskId }));
    expect(asked).toEqual(["tasks/get t1", "tasks/update t1", "tasks/cancel t1"]);
  });

  test("keep its instance awake until they are over, as the server says when it is asked", async () => {
    const { server, task } = slowServer();
    const { endpoint, catalog, clock, runtime } = await aggregateOf({ a: server }, "m");
    await endpoint.request(request("tools/call", { name: "a__slow" }));
    await clock.advance(600_000);
    expect(catalog.get("a")?.state).toBe("ready");
    const { _meta } = requestsOf(runtime.last, "tasks/get")[0]?.params ?? {};
    expect(_meta?.[capabilitiesKey]).toMatchObject({ extensions: { "io.modelcontextprotocol/tasks": {} } });
    task.status = "completed";
    await clock.advance(330_000);
    expect(catalog.get("a")?.state).toBe("stopped");
  });

  test("do not outlast their time", async () => {
    const { server, task } = slowServer();
    task.ttlMs = 60_000;
    const { endpoint, catalog, clock } = await aggregateOf({ a: server }, "m");
    await endpoint.request(request("tools/call", { name: "a__slow" }));
    await clock.advance(400_000);
    expect(catalog.get("a")?.state).toBe("stopped");
    expect(clock.armed).toBe(0);
  });

  test("behind a URL run without the gateway, and are found there by a new instance", async () => {
    const { server, asked } = slowServer({ perRequest: true });
    const { endpoint, catalog, clock, runtime } = await aggregateOf({ a: server }, "m");
    await endpoint.request(request("tools/call", { name: "a__slow" }));
    await clock.advance(400_000);
    expect(catalog.get("a")?.state).toBe("stopped");
    await endpoint.request(request("tasks/get", { taskId: "a__t1" }));
    expect(asked).toEqual(["tasks/get t1"]);
    expect(runtime.instances).toHaveLength(2);
    expect(runtime.last.sent.at(-1)?.headers).toMatchObject({ "mcp-name": "t1" });
  });

  test.each([false, true])("are their principal's alone (behind a URL: %s)", async (perRequest) => {
    const { server, asked } = slowServer({ perRequest });
    const { endpoint, clock } = await aggregateOf({ a: server }, "m");
    const one = { ...modern, principal: "one" };
    const again = { ...modern, id: "m2", principal: "one" };
    const two = { ...modern, principal: "two" };
    await endpoint.request(request("tools/call", { name: "a__slow" }, one));
    // A call of somebody else that the server gives the same id does not take the task.
    await endpoint.request(request("tools/call", { name: "a__slow" }, two));
    for (const method of ["tasks/get", "tasks/update", "tasks/cancel"]) {
      for (const [caller, taskId] of [
        [two, "a__t1"],
        [one, "a__t2"],
      ] as const) {
        const refused = endpoint.request(request(method, { taskId }, caller));
        await expect(refused).rejects.toMatchObject({ reason: "bad_params" });
      }
    }
    expect(asked).toEqual([]);
    await endpoint.request(request("tasks/get", { taskId: "a__t1" }, again));
    expect(asked).toEqual(["tasks/get t1"]);
    await clock.advance(0);
  });
});

describe("tasks with owners", () => {
  test("are as many as a principal may have, the latest of them", () => {
    const forgotten: number[] = [];
    const tasks = new OwnedTasks<number>((task) => forgotten.push(task));
    tasks.add("other", "you", -1);
    for (let task = 0; task < 1001; task++) tasks.add(`t${task}`, "me", task);
    expect(forgotten).toEqual([0]);
    expect(tasks.get("t0", "me")).toBeUndefined();
    expect(tasks.get("t1000", "me")).toBe(1000);
    expect(tasks.get("t1000", "you")).toBeUndefined();
    expect(tasks.of("me")).toHaveLength(1000);
    expect(tasks.of("you")).toEqual([["other", -1]]);
  });

  test("are as many as there may be in all", () => {
    const forgotten: number[] = [];
    const tasks = new OwnedTasks<number>((task) => forgotten.push(task));
    for (let task = 0; task < 10_001; task++) tasks.add(`t${task}`, `p${task % 20}`, task);
    expect(forgotten).toEqual([0]);
    tasks.forgetAll();
    expect(forgotten).toHaveLength(10_001);
    expect(tasks.of("p1")).toEqual([]);
  });
});
