import { describe, expect, test } from "vitest";
import { requestFrame } from "../src/runtime/frame.ts";
import type { Params } from "../src/runtime/transport.ts";
import { Call, type Caller } from "../src/session/call.ts";
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

function request(method: string, params: Params): Call {
  return new Call(requestFrame("c", method, { ...params, _meta: envelope }), modern);
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
    expect(runtime.last.sent.at(-1)?.headers).toMatchObject({ "mcp-name": "t1" });
  });
});
