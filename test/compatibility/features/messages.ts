import assert from "node:assert/strict";
import type { Cell } from "../cell.ts";
import { payloadOf, request } from "../clients/raw.ts";
import type { Topic } from "../feature.ts";
import { richError } from "../server/contents.mjs";
import { codeOf, key } from "./support.ts";

export const messages: Topic = {
  title: "Messages",
  features: [
    {
      id: "ids",
      title: "Ids of every type, two of them alike but for their type",
      async check(cell) {
        const raw = await cell.raw();
        const ids = [0, -7, 9007199254740991, "", "0", 'ä\n"', 1, "1"];
        const answers = await Promise.all(
          ids.map((id) => raw.exchange(request(id, "tools/call", { name: cell.name("echo") }))),
        );
        assert.deepEqual(
          answers.map((came) => JSON.parse(came.at(-1) ?? "").id),
          ids,
        );
      },
    },
    {
      id: "out-of-order",
      title: "Answers in another order than the requests",
      async check(cell) {
        const raw = await cell.raw();
        const [early, late] = [key(), key()];
        const order: string[] = [];
        const hold = async (id: string) => {
          const params = { name: cell.name("hold"), arguments: { key: id } };
          const [answer] = (await raw.exchange(request(id, "tools/call", params))).slice(-1);
          order.push(id);
          assert.match(answer ?? "", new RegExp(`^\\{.*"id":"${id}".*"text":"${id}"`));
        };
        const held = [hold(early), hold(late)];
        await release(cell, late);
        await held[1];
        await release(cell, early);
        await held[0];
        assert.deepEqual(order, [late, early]);
      },
    },
    {
      id: "progress",
      title: "Progress, on the stream of its request, with tokens of every type",
      async check(cell) {
        const raw = await cell.raw();
        for (const progressToken of [0, 41, "", "a token"]) {
          const params = {
            name: cell.name("progress"),
            arguments: { steps: 3 },
            _meta: { progressToken },
          };
          const came = await raw.exchange(request(key(), "tools/call", params));
          const own = came
            .map((text) => JSON.parse(text))
            // A server that starts is progress, too.
            .filter(({ method, params: { message } = {} }) => method && message === "on");
          assert.deepEqual(
            own.map(({ method, params }) => [method, params.progressToken, params.progress, params.total]),
            [1, 2, 3].map((step) => ["notifications/progress", progressToken, step, 3]),
          );
          assert.ok(JSON.parse(came.at(-1) ?? "").result);
        }
      },
    },
    {
      id: "cancel",
      title: "Cancellation of a call reaches its server",
      async check(cell) {
        await using client = await cell.connect({ server: cell.fragile });
        const call = key();
        const ending = new AbortController();
        const held = client.call("hold", { key: call }, { signal: ending.signal });
        await client.call("received", {
          method: "tools/call",
          includes: `"hold","arguments":{"key":"${call}"}`,
        });
        ending.abort("no longer");
        await assert.rejects(held);
        await client.call("received", { method: "notifications/cancelled", call });
      },
    },
    {
      id: "ping",
      title: "Ping, both ways",
      async check(cell) {
        const client = await cell.client();
        assert.deepEqual(await client.request("ping"), {});
        const answer = JSON.parse(await client.call("ask", { method: "ping" }));
        assert.deepEqual(answer.result, {});
      },
    },
    {
      id: "protocol-errors",
      title: "JSON-RPC errors of a server, with code and data to the byte",
      async check(cell) {
        const raw = await cell.raw();
        const came = await raw.exchange(request(key(), "tools/call", { name: cell.name("refuse") }));
        assert.equal(payloadOf(came.at(-1) ?? ""), richError);
      },
    },
    {
      id: "unknown-methods",
      title: "A method that the server does not know: refused in the server's own words",
      async check(cell) {
        const client = await cell.client();
        const error = await codeOf(client.request("com.example/unheard-of"));
        assert.equal(error.code, -32601);
        assert.match(error.message, /main does not know com\.example\/unheard-of/);
      },
      except: [
        {
          at: { endpoint: "all" },
          reason: "in the gateway's words: no server is named",
          async check(cell) {
            const client = await cell.client();
            const error = await codeOf(client.request("com.example/unheard-of"));
            assert.equal(error.code, -32601);
            assert.match(error.message, /aggregate endpoint does not know com\.example\/unheard-of/);
          },
        },
      ],
    },
    {
      id: "vendor-methods",
      title: "Methods that MCP does not define",
      async check(cell) {
        const client = await cell.client();
        const result = await client.request("com.example/echo", { any: [1] });
        assert.deepEqual(result, { echoed: { any: [1] }, by: "main" });
      },
      except: [
        {
          at: { endpoint: "all" },
          reason: "if they name a tool, prompt or resource",
          async check(cell) {
            const client = await cell.client();
            await client.sdk.listTools();
            const named = await client.request("com.example/echo", { name: "twin__echo", any: [1] });
            assert.deepEqual(named, { echoed: { name: "echo", any: [1] }, by: "twin" });
            const read = await client.request("com.example/echo", { uri: "twin://text" });
            assert.deepEqual(read, { echoed: { uri: "twin://text" }, by: "twin" });
            assert.equal((await codeOf(client.request("com.example/echo", { any: [1] }))).code, -32601);
          },
        },
      ],
    },
    {
      id: "vendor-messages-up",
      title: "Notifications that MCP does not define, from the client",
      async check(cell) {
        const client = await cell.client();
        const any = key();
        await client.notify("notifications/com.example/up", { any });
        await client.call("received", { method: "notifications/com.example/up", includes: any });
      },
      except: [
        {
          at: { endpoint: "all" },
          reason: "dropped: no server is named",
          async check(cell) {
            const client = await cell.client();
            const any = key();
            await client.notify("notifications/com.example/up", { any });
            assert.equal(
              await client.call("count", { method: "notifications/com.example/up", includes: any }),
              "0",
            );
          },
        },
      ],
    },
    {
      id: "vendor-messages-down",
      title: "Requests and notifications that MCP does not define, from a server during a call",
      async check(cell) {
        const client = await cell.client();
        const any = key();
        client.answers.set("com.example/question", (params) => ({ answer: params.any }));
        const question = { method: "com.example/question", params: { any } };
        assert.deepEqual(JSON.parse(await client.call("ask", question)).result, { answer: any });
        await client.call("say", { method: "notifications/com.example/down", params: { any } });
        assert.deepEqual(await client.hears("notifications/com.example/down", any), { any });
      },
    },
  ],
};

async function release(cell: Cell, held: string): Promise<void> {
  const raw = await cell.raw();
  await raw.exchange(request(key(), "tools/call", { name: cell.name("release"), arguments: { key: held } }));
}
