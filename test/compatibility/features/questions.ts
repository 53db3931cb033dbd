import assert from "node:assert/strict";
import type { Cell } from "../cell.ts";
import { request, resultOf } from "../clients/raw.ts";
import type { Answer, Json, TestClient } from "../clients/test-client.ts";
import type { Topic } from "../feature.ts";
import { alone, codeOf, key, whileAnotherCalls } from "./support.ts";

const sampling = "sampling/createMessage";
const elicitation = "elicitation/create";
const sample = {
  messages: [{ role: "user", content: { type: "text", text: "How many?" } }],
  maxTokens: 7,
  metadata: { "com.example/seed": 1 },
};
const sampled = { role: "assistant", model: "none", content: { type: "text", text: "Three" } };
const form = {
  message: "Who are you?",
  requestedSchema: { type: "object", properties: { name: { type: "string" } } },
};

export const questions: Topic = {
  title: "Questions of servers to clients",
  features: [
    {
      id: "sampling",
      title: "Sampling, during a call",
      check: async (cell) => assert.deepEqual(await asked(cell, sampling, sample, sampled), sample),
    },
    {
      id: "sampling-tools",
      title: "Sampling with tools",
      async check(cell) {
        const tool = { name: "look", inputSchema: { type: "object" as const } };
        const params = { ...sample, tools: [tool], toolChoice: { mode: "auto" } };
        const use = { type: "tool_use", id: "1", name: "look", input: {} };
        assert.deepEqual(await asked(cell, sampling, params, { ...sampled, content: [use] }), params);
        // To a client that has declared sampling only: it is not asked.
        const refused = await refusalOfRaw(cell, sampling, params);
        assert.equal(refused.code, -32602);
        assert.match(refused.message, /has not declared sampling with tools/);
      },
    },
    {
      id: "elicitation-form",
      title: "Elicitation by a form: accepted, declined, cancelled",
      async check(cell) {
        for (const answer of [
          { action: "accept", content: { name: "Ada" } },
          { action: "decline" },
          { action: "cancel" },
        ]) {
          assert.deepEqual(await asked(cell, elicitation, form, answer), form);
        }
      },
    },
    {
      id: "elicitation-url",
      title: "Elicitation by a URL, and `notifications/elicitation/complete`",
      async check(cell) {
        const elicitationId = key();
        const params = { mode: "url", elicitationId, url: "https://example.com", message: "Go there" };
        assert.deepEqual(await asked(cell, elicitation, params, { action: "accept" }), params);
        await completed(await cell.client(), elicitationId);
      },
    },
    {
      id: "url-required",
      title: "The error that sends the user to a URL first (-32042), and its completion",
      async check(cell) {
        const elicitationId = key();
        const client = await cell.client();
        const error = await codeOf(client.call("need_url", { elicitationId }));
        assert.equal(error.code, -32042);
        const url = "https://example.com/login";
        const elicitations = [{ mode: "url", elicitationId, url, message: "Log in first" }];
        assert.deepEqual(error.data, { elicitations });
        await completed(client, elicitationId);
      },
    },
    {
      id: "roots",
      title: "Roots",
      async check(cell) {
        const roots = [{ uri: "file:///project", name: "project" }];
        await asked(cell, "roots/list", {}, { roots });
        assert.deepEqual((await declaredTo(cell)).roots, { listChanged: true });
      },
      except: [
        {
          at: { scope: "shared" },
          reason: "not declared to the server",
          async check(cell) {
            const { roots, sampling: samples, elicitation: elicits } = await declaredTo(cell);
            assert.equal(roots, undefined);
            assert.deepEqual(
              [samples, elicits],
              [
                { context: {}, tools: {} },
                { form: {}, url: {} },
              ],
            );
          },
        },
      ],
    },
    {
      id: "roots-changed",
      title: "Changes of the roots (`notifications/roots/list_changed`)",
      async check(cell) {
        const client = await cell.client();
        await client.sdk.sendRootsListChanged();
        await client.call("received", { method: "notifications/roots/list_changed" });
      },
      except: [
        {
          at: { scope: "shared" },
          reason: "not passed on",
          async check(cell) {
            const client = await cell.client();
            await client.sdk.sendRootsListChanged();
            assert.equal(await client.call("count", { method: "notifications/roots/list_changed" }), "0");
          },
        },
      ],
    },
    {
      id: "undeclared",
      title: "A client that can not be asked is not: the server gets an error",
      async check(cell) {
        const refused = await refusalOfRaw(cell, elicitation, form);
        assert.equal(refused.code, -32601);
        assert.match(refused.message, /has not declared the capability elicitation/);
      },
    },
    {
      id: "withdrawn",
      title: "A server takes its question back",
      async check(cell) {
        const client = await cell.client();
        const [asking, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
        client.answers.set(sampling, async (_params, signal) => {
          signal.addEventListener("abort", () => ended.resolve());
          asking.resolve();
          await ended.promise;
          return sampled;
        });
        const id = key();
        const calling = client.call("withdraw", { method: sampling, params: sample, key: id });
        await asking.promise;
        await client.call("count", { method: "", includes: `give-up-${id}` });
        await ended.promise;
        assert.equal(await calling, "withdrawn");
      },
    },
    {
      id: "question-progress",
      title: "Progress of a client while it answers",
      async check(cell) {
        const client = await cell.client();
        const progressToken = key();
        client.answers.set(sampling, async ({ _meta }) => {
          const token = (_meta as Json | undefined)?.progressToken;
          await client.notify("notifications/progress", { progressToken: token, progress: 1 });
          return sampled;
        });
        const params = { ...sample, _meta: { progressToken } };
        await client.call("ask", { method: sampling, params });
        await client.call("received", { method: "notifications/progress", includes: progressToken });
      },
    },
    {
      id: "several-clients",
      title: "A question while several clients have calls in flight",
      check: (cell) =>
        whileAnotherCalls(cell, async () => {
          assert.deepEqual(await asked(cell, sampling, sample, sampled), sample);
        }),
      except: [
        alone,
        {
          at: { scope: "shared" },
          reason: "refused, naming `scope: session`",
          check: (cell) =>
            whileAnotherCalls(cell, async (client, other) => {
              for (const one of [client, other]) one.answers.set(sampling, () => sampled);
              const answer = JSON.parse(await client.call("ask", { method: sampling, params: sample }));
              assert.equal(answer.error.code, -32601);
              assert.match(answer.error.message, /several sessions have calls in flight .* scope: session/);
            }),
        },
      ],
    },
  ],
};

/** Has a server ask the client, checks that it gets this answer, and gives what the client was asked. */
async function asked(cell: Cell, method: string, params: Json, answer: Json): Promise<Json> {
  const client = await cell.client();
  const { promise, resolve } = Promise.withResolvers<Json>();
  const reply: Answer = (received) => {
    resolve(received);
    return answer;
  };
  client.answers.set(method, reply);
  const { result } = JSON.parse(await client.call("ask", { method, params }));
  assert.deepEqual(result, answer);
  return promise;
}

/** The error that a server gets that asks a client which has declared sampling and nothing else. */
async function refusalOfRaw(cell: Cell, method: string, params: Json) {
  const raw = await cell.raw();
  const call = { name: cell.name("ask"), arguments: { method, params } };
  const came = await raw.exchange(request(key(), "tools/call", call));
  const [block] = resultOf(came.at(-1)).content as { text: string }[];
  return JSON.parse(block?.text ?? "").error as { code: number; message: string };
}

async function completed(client: TestClient, elicitationId: string): Promise<void> {
  const method = "notifications/elicitation/complete";
  await client.call("say", { method, params: { elicitationId } });
  assert.deepEqual(await client.hears(method, elicitationId), { elicitationId });
}

/** What the client can do, as its server was told. */
async function declaredTo(cell: Cell): Promise<Json> {
  const client = await cell.client();
  return JSON.parse(await client.call("received", { method: "initialize" })).params.capabilities;
}
