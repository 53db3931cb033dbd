import assert from "node:assert/strict";
import type { Json } from "../../clients/test-client.ts";
import type { EraTopic } from "../feature.ts";
import { loginUrl } from "../server/tools.ts";
import { failureIn, interview, interviewOf, whileAnotherCalls } from "./asking.ts";
import { alone, callRaw, counted, refused, resultIn, textIn } from "./support.ts";

const elicitation = "elicitation/create";
const sampling = "sampling/createMessage";
const sampled = { role: "assistant", model: "none", content: { type: "text", text: "Paris" } };
const roots = [{ uri: "file:///project", name: "project" }];
const rootsTool = "test_input_required_result_list_roots";

export const questions: EraTopic = {
  title: "Questions of servers: asked in the middle of a call, or as a result (`input_required`)",
  features: [
    {
      id: "elicitation",
      title: "Elicitation by a form: accepted, declined, cancelled",
      async check(cell) {
        for (const [answer, outcome] of [
          [{ action: "accept", content: { username: "ada", email: "a@b.c" } }, /action=accept.*ada/],
          [{ action: "decline" }, /action=decline/],
          [{ action: "cancel" }, /action=cancel/],
        ] as const) {
          const { text, asked } = await interview(cell, "test_elicitation", { [elicitation]: answer });
          assert.match(text, outcome);
          assert.equal(asked.length, 1);
          assert.equal(asked[0]?.message, "Who?");
        }
      },
    },
    {
      id: "elicitation-url",
      title: "Elicitation by a URL",
      async check(cell) {
        const { text, asked } = await interview(cell, "ask_url", { [elicitation]: { action: "accept" } });
        assert.deepEqual([text, asked.map(({ url }) => url)], ["accept", [loginUrl]]);
      },
    },
    {
      id: "url-required",
      title: "The error that sends the user to a URL first (-32042)",
      async check(cell) {
        const { text, asked } = await interview(cell, "need_url", { [elicitation]: { action: "accept" } });
        assert.deepEqual([text, asked.map(({ url }) => url)], ["welcome", [loginUrl]]);
      },
      except: [
        {
          at: { server: "modern" },
          reason: "gone in 2026-07-28: servers ask as they ask everything",
          async check(cell) {
            const { text } = await interview(cell, "ask_url", { [elicitation]: { action: "accept" } });
            assert.equal(text, "accept");
          },
        },
        {
          at: { client: "legacy" },
          reason: "the error itself, as 2025-11-25 has it",
          async check(cell) {
            const raw = await cell.raw();
            const params = { name: cell.name("need_url"), arguments: {} };
            const answer = await raw.ask("tools/call", params);
            refused(answer, -32042, /./);
            assert.partialDeepStrictEqual(answer.error?.data, { elicitations: [{ url: loginUrl }] });
            assert.equal(textIn(await raw.ask("tools/call", params)), "welcome");
          },
        },
      ],
    },
    {
      id: "sampling",
      title: "Sampling",
      async check(cell) {
        const { text, asked } = await interview(cell, "test_sampling", { [sampling]: sampled });
        assert.match(text, /Paris/);
        assert.equal(asked[0]?.maxTokens, 100);
      },
    },
    {
      id: "roots",
      title: "Roots, `scope: shared`",
      async check(cell) {
        const { text } = await interview(cell, rootsTool, { "roots/list": { roots } });
        assert.ok(text.includes("file:///project"));
      },
      except: [
        {
          at: { server: "legacy" },
          reason: "not declared to the server: they would become everybody's",
          async check(cell) {
            const client = await cell.client();
            client.answers.set("roots/list", () => assert.fail("It was asked"));
            assert.match(failureIn(await client.result(rootsTool)), /does not support listing roots/);
          },
        },
      ],
    },
    {
      id: "roots-of-sessions",
      title: "Roots, `scope: session`",
      async check(cell) {
        await using client = await cell.connect({ scope: "session" });
        const { text } = await interviewOf(client, rootsTool, { "roots/list": { roots } });
        assert.ok(text.includes("file:///project"));
      },
    },
    {
      id: "together",
      title: "Several questions at once",
      async check(cell) {
        const { text, asked } = await interview(cell, "ask_together", {
          [elicitation]: { action: "decline" },
        });
        assert.equal(text, "decline, decline");
        assert.deepEqual(asked.map(({ message }) => message).toSorted(), ["A?", "B?"]);
      },
    },
    {
      id: "rounds",
      title: "Questions that follow from answers",
      async check(cell) {
        const answers: Json[] = [{ name: "Ada" }, { color: "red" }];
        const { text } = await interview(cell, "test_input_required_result_multi_round", {
          [elicitation]: () => ({ action: "accept", content: answers.shift() }) as Json,
        });
        assert.equal(text, "Ada likes red");
      },
    },
    {
      id: "prompts-ask",
      title: "Prompts that ask",
      async check(cell) {
        const client = await cell.client();
        client.answers.set(elicitation, () => ({ action: "accept", content: { context: "history" } }));
        const name = cell.name("test_input_required_result_prompt");
        const { messages } = await client.request("prompts/get", { name });
        assert.match(JSON.stringify(messages), /Answer in this context: history/);
      },
    },
    {
      id: "once",
      title: "A tool that asks does its work once, and only after a yes",
      async check(cell) {
        const before = await counted(cell);
        const client = await cell.client();
        client.answers.set(elicitation, () => ({ action: "decline" }));
        assert.equal(await client.call("test_counted_elicitation"), `decline: ${before.done}`);
        client.answers.set(elicitation, () => ({ action: "accept", content: { ok: true } }));
        const rounds = cell.place.server === "modern" ? 4 : 2;
        // Over stdio each client has servers of its own, unless they are remote.
        const done = Number((await client.call("test_counted_elicitation")).replace("accept: ", ""));
        assert.equal(done, before.done + 1);
        const after = JSON.parse(await client.call("test_count"));
        assert.deepEqual(after, { entered: before.entered + rounds, done });
      },
    },
    {
      id: "two-calls",
      title: "Two calls of one client that both wait for answers",
      async check(cell) {
        const client = await cell.client();
        const both = Promise.withResolvers<void>();
        let asked = 0;
        client.answers.set(elicitation, async () => {
          if (++asked === 2) both.resolve();
          await both.promise;
          return { action: "accept" };
        });
        const calls = [client.call("ask_url"), client.call("ask_url")];
        assert.deepEqual(await Promise.all(calls), ["accept", "accept"]);
      },
      except: [
        {
          at: { client: "modern", server: "legacy", carrier: "child" },
          reason: "the second is refused, naming `scope: session`: each counts as a client of its own",
          async check(cell) {
            const { inputRequests, requestState } = resultIn(await callRaw(cell, "ask_url"));
            const second = resultIn(await callRaw(cell, "ask_url"));
            assert.match(failureIn(second), /several sessions .* scope: session/);
            const [key = ""] = Object.keys(inputRequests as Json);
            const inputResponses = { [key]: { action: "accept" } };
            const last = await callRaw(cell, "ask_url", {}, { inputResponses, requestState });
            assert.equal(textIn(last), "accept");
          },
        },
      ],
    },
    {
      id: "several-clients",
      title: "A question while another client has a call in flight",
      check: (cell) =>
        whileAnotherCalls(cell, async () => {
          const { text } = await interview(cell, "ask_url", { [elicitation]: { action: "accept" } });
          assert.equal(text, "accept");
        }),
      except: [
        alone,
        {
          at: { server: "legacy", carrier: "child" },
          reason: "refused, naming `scope: session`: over one pipe a server does not say whom it asks",
          check: (cell) =>
            whileAnotherCalls(cell, async (client) => {
              client.answers.set(elicitation, () => assert.fail("It was asked"));
              assert.match(failureIn(await client.result("ask_url")), /several sessions .* scope: session/);
            }),
        },
      ],
    },
    {
      id: "undeclared",
      title: "A client that can not be asked: -32021, which names what is missing",
      async check(cell) {
        const raw = await cell.raw();
        const call = { name: cell.name("test_sampling"), arguments: { prompt: "?" } };
        const prompt = { name: cell.name("test_input_required_result_prompt") };
        for (const [method, params, missing] of [
          ["tools/call", call, "sampling"],
          ["prompts/get", prompt, "elicitation"],
        ] as const) {
          const answer = await raw.ask(method, params, { capabilities: { roots: {} } });
          refused(answer, -32021, new RegExp(missing));
          assert.partialDeepStrictEqual(answer.error?.data, { requiredCapabilities: { [missing]: {} } });
          if (cell.place.front === "http") assert.equal(answer.status, 400);
        }
      },
      except: [
        {
          at: { client: "legacy" },
          reason: "the server gets an error, or the call does",
          async check(cell) {
            const raw = await cell.raw();
            const answer = await raw.ask("tools/call", { name: cell.name(rootsTool), arguments: {} });
            assert.match(JSON.stringify(answer.error ?? resultIn(answer)), /roots/);
          },
        },
      ],
    },
  ],
};
