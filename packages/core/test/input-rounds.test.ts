import { describe, expect, test } from "vitest";
import { frameOf } from "../src/runtime/frame.ts";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { type Handler, text } from "./support/fake-runtime.ts";
import { testGateway } from "./support/gateway.ts";
import { type ModernServer, modernServer, requestsOf } from "./support/modern-server.ts";
import { TestClient } from "./support/test-client.ts";
import { settle } from "./support/virtual-clock.ts";

type Question = JsonRpcMessage & { id: number; method: string; params: Params };

const elicit = (message: string) => ({ method: "elicitation/create", params: { mode: "form", message } });
const sample = { method: "sampling/createMessage", params: { messages: [], maxTokens: 1 } };
const everything = { elicitation: { form: {}, url: {} }, sampling: {}, roots: {} };

/** A tool that answers with these needs, one after the other, then with what it was told last. */
function needing(...needs: Params[]): Handler {
  let round = 0;
  return (_args, instance) => {
    const need = needs[round++];
    if (need) return { resultType: "input_required", ...need };
    return text(JSON.stringify(requestsOf(instance, "tools/call").at(-1)?.params.inputResponses));
  };
}

async function connected(tool: Handler, capabilities: Params = everything, more: ModernServer = {}) {
  const parts = await testGateway({ a: modernServer({ tool }, more) });
  const client = await TestClient.connect(parts.gateway, "a");
  await client.ask("initialize", { protocolVersion: "2025-11-25", capabilities, clientInfo: {} });
  client.notify("notifications/initialized");
  return { ...parts, client };
}

function questionsFor(client: TestClient): Question[] {
  return client.received.filter((message) => "method" in message && "id" in message) as Question[];
}

/** What the tool says that it was told. */
function toldBy(answer: JsonRpcMessage): unknown {
  const { content } = ("result" in answer ? answer.result : {}) as { content?: { text: string }[] };
  return JSON.parse(content?.[0]?.text ?? "null");
}

const callOf = (runtime: { last: Parameters<typeof requestsOf>[0] }) =>
  requestsOf(runtime.last, "tools/call");

describe("what a modern server needs to know of a legacy client", () => {
  test("is asked for real, all at once, and goes up with a new request", async () => {
    const inputRequests = { "k 1": elicit("Who?"), "k-2": sample, "3": { method: "roots/list" } };
    const { client, runtime } = await connected(needing({ inputRequests, requestState: 'st"ate\u00fc' }));
    const answer = client.ask(
      "tools/call",
      { name: "tool", arguments: { x: 1 }, _meta: { progressToken: 5 } },
      77,
    );
    await settle();
    const questions = questionsFor(client);
    expect(questions.map(({ method }) => method).sort()).toEqual([
      "elicitation/create",
      "roots/list",
      "sampling/createMessage",
    ]);
    // On the stream of the call.
    expect(client.related.at(-1)).toBe(77);
    const answers: Record<string, Params> = {
      "elicitation/create": { action: "accept", content: { name: "me" } },
      "sampling/createMessage": { role: "assistant", content: { type: "text", text: "s" }, model: "m" },
      "roots/list": { roots: [{ uri: "file:///r" }] },
    };
    for (const question of questions) await client.answer(question, answers[question.method] as Params);
    expect(toldBy(await answer)).toEqual({
      "k 1": answers["elicitation/create"],
      "k-2": answers["sampling/createMessage"],
      "3": answers["roots/list"],
    });
    const [first, second] = callOf(runtime) as unknown as [Question, Question];
    expect(second.id).not.toBe(first.id);
    const { inputResponses: _responses, requestState, ...again } = second.params;
    expect(requestState).toBe('st"ate\u00fc');
    // The token of each round is its id, for the client it stays the same.
    expect(again).toEqual({ ...first.params, _meta: { ...first.params._meta, progressToken: second.id } });
    expect(callOf(runtime)).toHaveLength(2);
  });

  test("is asked again in each round, with the state of that round only", async () => {
    const { client, runtime } = await connected(
      needing(
        { requestState: "1" },
        { inputRequests: { a: elicit("A") } },
        { inputRequests: {}, requestState: "3" },
      ),
    );
    const answer = client.call("tool");
    await settle();
    await client.answer(questionsFor(client)[0] as Question, { action: "decline" });
    expect(await answer).toBe("{}");
    expect(callOf(runtime).map(({ params }) => [params.requestState, params.inputResponses])).toEqual([
      [undefined, undefined],
      ["1", {}],
      [undefined, { a: { action: "decline" } }],
      ["3", {}],
    ]);
  });

  test("is asked eight times at most", async () => {
    const { client, runtime } = await connected(() => ({ resultType: "input_required", requestState: "s" }));
    const refusal = await client.refusal("tools/call", { name: "tool" });
    expect(refusal).toMatchObject({ reason: "upstream_protocol_error", executed: "unknown" });
    expect(callOf(runtime)).toHaveLength(9);
  });

  test("takes no time of the call", async () => {
    const { client, clock } = await connected(needing({ inputRequests: { a: elicit("A") } }));
    const answer = client.call("tool");
    await clock.advance(500_000);
    await client.answer(questionsFor(client)[0] as Question, { action: "accept" });
    expect(await answer).toContain("accept");
  });

  test("keeps the server from being idle", async () => {
    const { client, clock, gateway } = await connected(needing({ inputRequests: { a: elicit("A") } }));
    const answer = client.call("tool");
    await clock.advance(400_000);
    expect(gateway.server("a")?.state).toBe("ready");
    await client.answer(questionsFor(client)[0] as Question, { action: "accept" });
    await answer;
  });

  test("at a URL gets the id that clients of its time expect", async () => {
    const question = {
      method: "elicitation/create",
      params: { mode: "url", url: "https://x", message: "Go" },
    };
    const { client } = await connected(needing({ inputRequests: { a: question } }));
    void client.call("tool");
    await settle();
    expect(questionsFor(client)[0]?.params).toMatchObject({
      ...question.params,
      elicitationId: expect.any(String),
    });
  });

  test("is asked for prompts and resources too, and for nothing else", async () => {
    const need = { resultType: "input_required", requestState: "s" };
    const once = (result: Params): Handler => {
      let asked = false;
      return () => {
        if (asked) return result;
        asked = true;
        return need;
      };
    };
    const methods = {
      "prompts/get": once({ messages: [] }),
      "resources/read": once({ contents: [] }),
      "completion/complete": () => need,
    };
    const { client } = await connected(() => text(""), everything, { methods });
    expect(await client.result("prompts/get", { name: "p" })).toMatchObject({ messages: [] });
    expect(await client.result("resources/read", { uri: "x:1" })).toMatchObject({ contents: [] });
    const completion = { ref: { type: "ref/prompt", name: "p" }, argument: { name: "a", value: "" } };
    expect((await client.refusal("completion/complete", completion)).reason).toBe("upstream_protocol_error");
  });
});

describe("a legacy client that does not tell", () => {
  test("since it can not, fails the call; nothing is asked, nothing sent again", async () => {
    const inputRequests = { a: sample, b: elicit("B") };
    const { client, runtime } = await connected(needing({ inputRequests }), { elicitation: {} });
    const refusal = await client.refusal("tools/call", { name: "tool" });
    expect(refusal.message).toContain("sampling");
    await settle();
    // What was asked besides is taken back.
    const asked = questionsFor(client)[0];
    expect(client.received).toContainEqual(
      expect.objectContaining({
        method: "notifications/cancelled",
        params: expect.objectContaining({ requestId: asked?.id }),
      }),
    );
    expect(callOf(runtime)).toHaveLength(1);
  });

  test("answers an elicitation with an error: the server hears that there was no answer", async () => {
    const { client } = await connected(needing({ inputRequests: { a: elicit("A") } }));
    const answer = client.call("tool");
    await settle();
    client.onframe?.(errorTo(questionsFor(client)[0] as Question));
    expect(await answer).toBe('{"a":{"action":"cancel"}}');
  });

  test("answers anything else with an error: the call fails with its words", async () => {
    const { client, runtime } = await connected(needing({ inputRequests: { a: sample } }));
    const refusal = client.refusal("tools/call", { name: "tool" });
    await settle();
    client.onframe?.(errorTo(questionsFor(client)[0] as Question));
    expect((await refusal).message).toContain("User rejected");
    expect(callOf(runtime)).toHaveLength(1);
  });

  test("cancels meanwhile: the question is withdrawn, and nothing goes up any more", async () => {
    const { client, runtime } = await connected(needing({ inputRequests: { a: elicit("A") } }));
    void client.ask("tools/call", { name: "tool" }, 9);
    await settle();
    client.notify("notifications/cancelled", { requestId: 9 });
    await settle();
    expect(client.received.at(-1)).toMatchObject({
      method: "notifications/cancelled",
      params: { requestId: questionsFor(client)[0]?.id },
    });
    expect(callOf(runtime)).toHaveLength(1);
    expect(client.session?.callsInFlight).toBe(0);
  });

  test("leaves meanwhile", async () => {
    const { client, runtime, gateway } = await connected(needing({ inputRequests: { a: elicit("A") } }));
    void client.ask("tools/call", { name: "tool" }, 9);
    await settle();
    await client.session?.close();
    await settle();
    expect(callOf(runtime)).toHaveLength(1);
    expect(gateway.server("a")?.callsInFlight).toBe(0);
  });
});

test("what belongs to the modern era is not taken from a legacy client", async () => {
  const { client, runtime } = await connected(needing({ requestState: "s" }));
  const refusal = await client.refusal("tools/call", { name: "tool", inputResponses: {} });
  expect(refusal.reason).toBe("bad_params");
  expect(callOf(runtime)).toHaveLength(1);
});

describe("a server that needs what is none", () => {
  test.each([
    [{}],
    [{ inputRequests: { a: { method: "ping" } } }],
    [{ inputRequests: { a: null } }],
    [{ inputRequests: [] }],
  ])("%j is its fault", async (need) => {
    const { client } = await connected(needing(need as Params));
    const refusal = await client.refusal("tools/call", { name: "tool" });
    expect(refusal).toMatchObject({ reason: "upstream_protocol_error", server: "a" });
  });
});

function errorTo({ id }: Question) {
  return frameOf({ jsonrpc: "2.0", id, error: { code: -1, message: "User rejected" } });
}
