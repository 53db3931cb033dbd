import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { textOf } from "../../clients/test-client.ts";
import type { EraTopic } from "../feature.ts";
import { fragileServer } from "../gateways.ts";
import { callRaw, textIn } from "./support.ts";

const message = "notifications/message";

export const messages: EraTopic = {
  title: "While a call runs",
  features: [
    {
      id: "progress",
      title: "Progress, under the request's own token, ahead of its answer",
      async check(cell) {
        const raw = await cell.raw();
        for (const progressToken of [0, "", "a token"]) {
          const params = { name: cell.name("test_tool_with_progress"), arguments: {} };
          const { before, result } = await raw.ask("tools/call", params, { meta: { progressToken } });
          const told = before.map(({ method, params: said }) => [method, said] as const);
          assert.deepEqual(
            told.map(([method, said]) => [
              method,
              (said as { progressToken: unknown }).progressToken,
              (said as { progress: unknown }).progress,
            ]),
            [0, 50, 100].map((done) => ["notifications/progress", progressToken, done]),
          );
          assert.ok(result);
        }
        const { before } = await callRaw(cell, "test_tool_with_progress");
        assert.deepEqual(before, []);
      },
    },
    {
      id: "cancel",
      title: "A call that its client cancels is cancelled at the server",
      async check(cell) {
        await using client = await cell.connect({ server: fragileServer });
        const key = randomUUID();
        const ending = new AbortController();
        const held = client.call("hold", { key }, { signal: ending.signal });
        await client.call("held", { key });
        ending.abort();
        await assert.rejects(held);
        assert.equal(await client.call("cancelled", { key }), "cancelled");
      },
    },
    {
      id: "logs",
      title: "Log messages from the level on that the client asks for",
      async check(cell) {
        const client = await cell.client();
        await client.wantLogs("warning");
        const key = randomUUID();
        await client.call("log", { key });
        await client.hears(message, `"level":"error"`);
        const heard = client.heard(message, key);
        assert.deepEqual(
          heard.map(({ level }) => level),
          ["warning", "error"],
        );
        assert.equal(heard[0]?.logger, cell.name("conformance"));
      },
    },
    {
      id: "no-logs",
      title: "No log messages for a client that did not ask for any",
      async check(cell) {
        const answer = await callRaw(cell, "log", { key: "x" });
        assert.equal(textIn(answer), "logged");
        assert.deepEqual(answer.before, []);
      },
      except: [
        {
          at: { client: "legacy", server: "legacy" },
          reason: "what the server chooses, as its revisions have it",
          async check(cell) {
            const { before } = await callRaw(cell, "log", { key: "x" });
            assert.partialDeepStrictEqual(before.at(-1)?.params, { level: "error", data: "x" });
          },
        },
      ],
    },
    {
      id: "logs-of-calls",
      title: "Log messages of one call and not of another one of the same client",
      async check(cell) {
        const raw = await cell.raw();
        const params = { name: cell.name("log"), arguments: { key: "x" } };
        const meta = { "io.modelcontextprotocol/logLevel": "error" };
        const [quiet, loud] = [
          await raw.ask("tools/call", params),
          await raw.ask("tools/call", params, { meta }),
        ];
        assert.deepEqual([quiet.before.length, loud.before.length], [0, 1]);
      },
      except: [
        {
          at: { client: "legacy" },
          reason: "one level for a session, as its revision has it",
          async check(cell) {
            const client = await cell.client();
            await client.wantLogs("error");
            const meta = { "io.modelcontextprotocol/logLevel": "debug" };
            const key = randomUUID();
            assert.equal(textOf(await client.result("log", { key }, { meta })), "logged");
            await client.hears(message, key);
            assert.equal(client.heard(message, key).length, 1);
          },
        },
      ],
    },
  ],
};
