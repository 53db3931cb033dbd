import assert from "node:assert/strict";
import type { Cell } from "../cell.ts";
import type { Json } from "../clients/test-client.ts";
import type { Topic } from "../feature.ts";
import { key } from "./support.ts";

const elicitation = "elicitation/create";
const message = "notifications/message";
const vendor = "notifications/com.example/news";

export const unasked: Topic = {
  title: "What a server says while no call is in flight",
  features: [
    {
      id: "late-questions",
      title: "Questions",
      async check(cell) {
        const id = key();
        const client = await cell.client();
        client.answers.set(elicitation, () => ({ action: "accept", content: { id } }));
        assert.deepEqual((await answerTo(cell, id)).result, { action: "accept", content: { id } });
      },
      except: [
        {
          at: { scope: "shared" },
          reason: "refused, naming `scope: session`",
          async check(cell) {
            const { code, message: why } = (await answerTo(cell, key())).error as Json;
            assert.equal(code, -32601);
            assert.match(String(why), /no session has a call in flight .* scope: session/);
          },
        },
      ],
    },
    {
      id: "late-messages",
      title: "Log messages, and notifications that MCP does not define",
      async check(cell) {
        const data = key();
        const client = await cell.client();
        await client.call("later", { method: vendor, params: { data } });
        assert.deepEqual(await client.hears(vendor, data), { data });
        await client.call("later", { method: message, params: { level: "error", data } });
        assert.equal((await client.hears(message, data)).level, "error");
      },
      except: [
        {
          at: { scope: "shared" },
          reason: "dropped",
          async check(cell) {
            const data = key();
            const client = await cell.client();
            await client.call("later", { method: vendor, params: { data } });
            await client.call("later", { method: message, params: { level: "error", data } });
            // What comes after it has come.
            await client.call("say", { method: vendor, params: { data: "after" } });
            await client.hears(vendor, "after");
            assert.deepEqual([client.heard(vendor, data), client.heard(message, data)], [[], []]);
          },
        },
      ],
    },
  ],
};

/** Has a server ask when the call that makes it ask is answered, and gives the answer that it gets. */
async function answerTo(cell: Cell, id: string): Promise<Json> {
  const client = await cell.client();
  const params = { message: "Still there?", requestedSchema: { type: "object", properties: {} } };
  await client.call("later", { method: elicitation, params, id });
  return JSON.parse(await client.call("received", { includes: `"id":"${id}"` }));
}
