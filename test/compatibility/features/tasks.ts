import assert from "node:assert/strict";
import { ResultSchema } from "@modelcontextprotocol/sdk/types.js";
import type { Cell } from "../cell.ts";
import type { Json, TestClient } from "../clients/test-client.ts";
import type { Topic } from "../feature.ts";
import { alone, codeOf } from "./support.ts";

const related = "io.modelcontextprotocol/related-task";
const status = "notifications/tasks/status";

export const tasks: Topic = {
  title: "Tasks of 2025-11-25",
  features: [
    {
      id: "task-result",
      title: "Create, get, and wait for the result; on `/mcp` the id carries its server",
      async check(cell) {
        const client = await cell.client();
        const created = await create(cell, client);
        const { taskId } = created.task as { taskId: string };
        assert.deepEqual(created._meta, { "com.example/task": true });
        assert.equal(taskId.startsWith("main__"), cell.place.endpoint === "all");
        const got = await client.request("tasks/get", { taskId });
        assert.deepEqual([got.taskId, got.status, got.ttl], [taskId, "working", 60_000]);
        const result = client.request("tasks/result", { taskId });
        await finish(client, taskId);
        const content = [{ type: "text", text: "worked: well" }];
        assert.deepEqual(await result, { content, _meta: { [related]: { taskId } } });
        assert.equal((await client.request("tasks/get", { taskId })).status, "completed");
      },
    },
    {
      id: "task-status",
      title: "Status (`notifications/tasks/status`) and progress, after the call has its answer",
      async check(cell) {
        const client = await cell.client();
        const progressed = Promise.withResolvers<number>();
        const onprogress = ({ progress, total }: { progress: number; total?: number | undefined }) => {
          // A server that starts is progress, too.
          if (total === 1) progressed.resolve(progress);
        };
        const params = { name: cell.name("work"), arguments: { word: "well" }, task: { ttl: 60_000 } };
        const created = await client.sdk.request({ method: "tools/call", params }, ResultSchema, {
          onprogress,
        });
        const { taskId } = created.task as { taskId: string };
        await finish(client, taskId);
        const heard = await client.hears(status, taskId);
        assert.deepEqual(
          [heard.taskId, heard.status, heard.statusMessage],
          [taskId, "completed", "It is over"],
        );
        assert.equal(await progressed.promise, 1);
      },
    },
    {
      id: "task-list",
      title: "List; on `/mcp` those of all servers",
      async check(cell) {
        const client = await cell.client();
        const servers = cell.place.endpoint === "all" ? ["main", "twin"] : ["main"];
        for (const server of servers) {
          const { taskId } = (await create(cell, client, server)).task as { taskId: string };
          const { tasks: listed } = await client.request("tasks/list");
          const found = (listed as { taskId: string; status: string }[]).find(
            (task) => task.taskId === taskId,
          );
          assert.equal(found?.status, "working");
          await client.request("tasks/cancel", { taskId });
        }
      },
    },
    {
      id: "task-cancel",
      title: "Cancel",
      async check(cell) {
        const client = await cell.client();
        const { taskId } = (await create(cell, client)).task as { taskId: string };
        const cancelled = await client.request("tasks/cancel", { taskId });
        assert.deepEqual([cancelled.taskId, cancelled.status], [taskId, "cancelled"]);
        const again = await codeOf(client.request("tasks/cancel", { taskId }));
        assert.equal(again.code, -32602);
        assert.match(again.message, /The task is over/);
      },
    },
    {
      id: "task-questions",
      title: "Questions that belong to a task (`related-task`)",
      async check(cell) {
        const client = await cell.client();
        const { taskId } = (await create(cell, client)).task as { taskId: string };
        const asked = Promise.withResolvers<Json>();
        client.answers.set("com.example/question", (params) => {
          asked.resolve(params);
          return { _meta: params._meta };
        });
        const params = { _meta: { [related]: { taskId: ownId(taskId) } } };
        const answer = JSON.parse(await client.call("ask", { method: "com.example/question", params }));
        assert.deepEqual((await asked.promise)._meta, { [related]: { taskId } });
        assert.deepEqual(answer.result, params);
        await client.request("tasks/cancel", { taskId });
      },
    },
    {
      id: "tasks-of-others",
      title: "A client's tasks are hidden from others",
      async check(cell) {
        const client = await cell.client();
        await using other = await cell.connect();
        const { taskId } = (await create(cell, client)).task as { taskId: string };
        assert.deepEqual((await other.request("tasks/list")).tasks, []);
        // So that on /mcp its server runs for the other one, too.
        await other.call("pid");
        for (const method of ["tasks/get", "tasks/cancel", "tasks/result"]) {
          const refused = await codeOf(other.request(method, { taskId }));
          assert.equal(refused.code, -32602);
        }
        assert.equal((await client.request("tasks/cancel", { taskId })).status, "cancelled");
      },
      except: [alone],
    },
  ],
};

function create(cell: Cell, client: TestClient, server = "main"): Promise<Json> {
  const name = cell.name("work", server);
  return client.request("tools/call", { name, arguments: { word: "well" }, task: { ttl: 60_000 } });
}

async function finish(client: TestClient, taskId: string): Promise<void> {
  await client.call("finish", { taskId: ownId(taskId) });
}

/** As the server calls it. */
function ownId(taskId: string): string {
  return taskId.replace(/^main__/, "");
}
