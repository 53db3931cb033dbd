import { describe, expect, test } from "vitest";
import type { JsonRpcMessage, Params } from "../src/runtime/transport.ts";
import { AskingServer, form, roots, rounds, sampling } from "./support/asking-server.ts";
import { text } from "./support/fake-runtime.ts";
import { fakeEntry, testGateway } from "./support/gateway.ts";
import { allCapabilities, ModernClient, type ModernOptions } from "./support/modern-client.ts";
import { settle, type VirtualClock } from "./support/virtual-clock.ts";

const yes = { action: "accept", content: { ok: true } };
const capabilities = allCapabilities;

type Tools = ConstructorParameters<typeof AskingServer>[0];

async function asking(tools: Tools, options: ModernOptions = {}, scope: "shared" | "session" = "shared") {
  const asker = new AskingServer(tools);
  const parts = await testGateway({ a: asker.server }, {}, { scope });
  const client = new ModernClient(parts.gateway, { server: "a", capabilities, ...options });
  return { ...parts, ...asker, asker, client };
}

/** What comes of a request once servers have had their say. */
async function outcome<T>(clock: VirtualClock, answer: Promise<T>): Promise<T> {
  await clock.advance(20);
  return answer;
}

/** The same bytes in a spelling that is not ours: the last character has bits to spare. */
function otherwiseEncoded(state: string): string {
  const bytes = (text: string) => Buffer.from(text.split(".")[2] ?? "", "base64url");
  const others = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].map(
    (last) => state.slice(0, -1) + last,
  );
  return others.find((other) => other !== state && bytes(other).equals(bytes(state))) as string;
}

/** What a client sends when it comes back. */
function back({ requestState }: Params, inputResponses?: Params): Params {
  return { requestState, ...(inputResponses ? { inputResponses } : {}) };
}

describe("a call whose server asks the client", () => {
  test.each([undefined, "a"])(
    "is answered with the question, and goes on with the answer (%s)",
    async (server) => {
      const { client, clock, asker, gateway } = await asking({ ask: rounds([form("Who?")]) }, { server });
      const params = { name: server ? "ask" : "a__ask", arguments: { b: 1, a: 2 } };
      const first = await outcome(clock, client.result("tools/call", params));
      expect(first).toEqual({
        resultType: "input_required",
        inputRequests: { q1: form("Who?") },
        requestState: expect.any(String),
      });
      expect(gateway.stats().heldCalls).toBe(1);
      const again = { ...back(first, { q1: yes }), arguments: { a: 2, b: 1 }, name: params.name };
      const second = await outcome(clock, client.result("tools/call", again));
      expect(second).toMatchObject({ ...text(JSON.stringify([yes])), resultType: "complete" });
      expect(asker.runs).toEqual({ ask: 1 });
      expect(gateway.stats().heldCalls).toBe(0);
    },
  );

  test("of every kind it may ask", async () => {
    const url = {
      method: "elicitation/create",
      params: { mode: "url", message: "Go", url: "https://x.test/" },
    };
    const { client, clock, asker } = await asking({ ask: rounds([url], [sampling], [roots]) });
    const answers = [{ action: "accept" }, { role: "assistant", content: [], model: "m" }, { roots: [] }];
    let last = await outcome(clock, client.result("tools/call", { name: "ask" }));
    for (const [index, question] of [url, sampling, roots].entries()) {
      expect(last.inputRequests).toEqual({ [`q${index + 1}`]: question });
      const params = { name: "ask", ...back(last, { [`q${index + 1}`]: answers[index] }) };
      last = await outcome(clock, client.result("tools/call", params));
    }
    expect(last).toMatchObject(text(JSON.stringify(answers)));
    expect(asker.runs.ask).toBe(1);
  });

  test("hears several questions at once; those that it leaves out are asked again", async () => {
    const { client, clock, asker } = await asking({ ask: rounds([form("1"), sampling]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    expect(first.inputRequests).toEqual({ q1: form("1"), q2: sampling });
    const second = await outcome(
      clock,
      client.result("tools/call", { name: "ask", ...back(first, { q1: yes, other: {} }) }),
    );
    expect(second.inputRequests).toEqual({ q2: sampling });
    expect(second.requestState).not.toBe(first.requestState);
    const third = await outcome(
      clock,
      client.result("tools/call", { name: "ask", ...back(second, { q2: { a: 1 } }) }),
    );
    expect(third).toMatchObject(text(JSON.stringify([yes, { a: 1 }])));
    expect(asker.runs.ask).toBe(1);
  });

  test("is told of a refusal as the client words it", async () => {
    const { client, clock } = await asking({ ask: rounds([form("1")]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    const params = { name: "ask", ...back(first, { q1: { action: "decline" } }) };
    expect(await outcome(clock, client.result("tools/call", params))).toMatchObject(
      text(JSON.stringify([{ action: "decline" }])),
    );
  });

  test("does not ask what the client has not declared, and says what was missing if it fails over that", async () => {
    const strict: Tools[string] = async (ask) => {
      const [answer] = await ask(form("1"));
      if ((answer as { code?: number }).code) throw new Error("I need to ask");
      return text("");
    };
    const { client, clock } = await asking(
      { ask: rounds([form("1")]), strict },
      { capabilities: { sampling: {} } },
    );
    const result = await outcome(clock, client.result("tools/call", { name: "ask" }));
    expect(JSON.stringify(result)).toContain("-32601");
    expect(await outcome(clock, client.error("tools/call", { name: "strict" }))).toMatchObject({
      code: -32021,
      data: { requiredCapabilities: { elicitation: { form: {} } } },
    });
  });

  test("does not ask again what the client no longer declares when it comes back", async () => {
    const { client, clock } = await asking({ ask: rounds([form("1"), sampling]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    const params = { name: "ask", ...back(first, { q1: yes }) };
    const last = await outcome(
      clock,
      client.result("tools/call", params, { capabilities: { elicitation: {} } }),
    );
    expect(last.resultType).toBe("complete");
    expect(JSON.stringify(last)).toContain("-32601");
  });

  test("of a server that has an instance for it alone, which ends with it", async () => {
    const { client, clock, runtime, asker } = await asking({ ask: rounds([roots]) }, {}, "session");
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    expect(first.inputRequests).toEqual({ q1: roots });
    expect(runtime).toMatchObject({ starts: 1, running: 1 });
    const params = { name: "ask", ...back(first, { q1: { roots: [] } }) };
    expect(await outcome(clock, client.result("tools/call", params))).toMatchObject(
      text(JSON.stringify([{ roots: [] }])),
    );
    await settle();
    expect(runtime).toMatchObject({ starts: 1, running: 0 });
    expect(asker.runs.ask).toBe(1);
  });

  test("keeps its server awake, and its time stands still meanwhile", async () => {
    const { client, clock, runtime } = await asking({ ask: rounds([form("1")]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    await clock.advance(599_000);
    expect(runtime.running).toBe(1);
    const params = { name: "ask", ...back(first, { q1: yes }) };
    expect(await outcome(clock, client.result("tools/call", params))).toMatchObject({
      resultType: "complete",
    });
  });

  test("whose answer comes while the client is away is kept for it", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const impatient: Tools[string] = async (ask) => {
      await Promise.race([ask(form("1")), promise]);
      return text("without you");
    };
    const { client, clock, asker, gateway } = await asking({ ask: impatient });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    resolve();
    await clock.advance(1000);
    const params = { name: "ask", ...back(first, { q1: yes }) };
    expect(await client.result("tools/call", params)).toMatchObject(text("without you"));
    expect(asker.runs.ask).toBe(1);
    expect(gateway.stats().heldCalls).toBe(0);
  });

  test("forgets a question that the server withdraws", async () => {
    const withdrawing: Tools[string] = async (ask, _args, instance) => {
      void ask(form("1"));
      instance.say({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: "s1" } });
      return text(JSON.stringify(await ask(form("2"))));
    };
    const { client, clock } = await asking({ ask: withdrawing });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    expect(first.inputRequests).toEqual({ q2: form("2") });
  });
});

describe("progress and log messages of a held call", () => {
  test("go to the exchange that is open, under its token, and to nobody between", async () => {
    const say = (
      instance: { say(message: JsonRpcMessage): void },
      progressToken: unknown,
      progress: number,
    ) =>
      instance.say({ jsonrpc: "2.0", method: "notifications/progress", params: { progressToken, progress } });
    let token: unknown;
    const talking: Tools[string] = async (ask, _args, instance) => {
      token = (instance.received.at(-1) as { params?: Params }).params?._meta?.progressToken;
      say(instance, token, 1);
      await ask(form("1"));
      say(instance, token, 3);
      instance.say({
        jsonrpc: "2.0",
        method: "notifications/message",
        params: { level: "error", data: "x" },
      });
      return text("");
    };
    const { client, clock, runtime } = await asking({ ask: talking });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }, { token: "t1" }));
    client.told.splice(0, 1); // The server was starting.
    expect(client.told).toMatchObject([{ params: { progressToken: "t1", progress: 1 } }]);
    say(runtime.last, token, 2);
    await settle();
    expect(client.told).toHaveLength(1);
    const params = { name: "ask", ...back(first, { q1: yes }) };
    await outcome(clock, client.result("tools/call", params, { token: 9, logLevel: "warning" }));
    expect(client.told.slice(1)).toMatchObject([
      { params: { progressToken: 9, progress: 3 } },
      { method: "notifications/message" },
    ]);
  });
});

describe("a requestState", () => {
  test("is good for its principal, endpoint, method and parameters alone, unaltered, and once", async () => {
    const { client, clock, asker, gateway } = await asking({ ask: rounds([form("1")], [form("2")]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask", arguments: { x: 1 } }));
    const params = { name: "ask", arguments: { x: 1 }, ...back(first, { q1: yes }) };
    const state = first.requestState as string;
    const flipped = Array.from(state, (sign, at) => {
      return state.slice(0, at) + (sign === "A" ? "B" : "A") + state.slice(at + 1);
    });
    const altered = [
      ...flipped,
      state.slice(0, -2),
      `${state}A`,
      state.replace(/\.(.)/, (_, first) => `.${first === "A" ? "B" : "A"}`),
      otherwiseEncoded(state),
    ];
    const refused = [
      ...altered.map((requestState) => client.error("tools/call", { ...params, requestState })),
      client.error("tools/call", params, { principal: "you" }),
      client.error("tools/call", params, { server: undefined }),
      client.error("tools/call", { ...params, arguments: { x: 2 } }),
      client.error("prompts/get", params),
      client.error("tools/call", { ...params, inputResponses: { q1: "yes" } }),
    ];
    for (const error of await Promise.all(refused)) {
      expect(error).toMatchObject({ code: -32602, data: { executed: "no" } });
    }
    const second = await outcome(clock, client.result("tools/call", params));
    expect(second.inputRequests).toEqual({ q2: form("2") });
    expect(await client.error("tools/call", params)).toMatchObject({
      code: -32602,
      message: expect.stringContaining("used before"),
    });
    const last = { ...params, ...back(second, { q2: yes }) };
    const [one, other] = await outcome(
      clock,
      Promise.all([client.ask("tools/call", last), client.ask("tools/call", last)]),
    );
    expect(one).toHaveProperty("result");
    expect(other).toHaveProperty("error.code", -32602);
    expect(await client.error("tools/call", last)).toMatchObject({ code: -32602 });
    expect(asker.runs.ask).toBe(1);
    expect(gateway.stats().heldCalls).toBe(0);
  });

  test("expires, and the call with it", async () => {
    const { client, clock, runtime, gateway } = await asking({ ask: rounds([form("1")]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    await clock.advance(600_000);
    expect(gateway.stats().heldCalls).toBe(0);
    expect(runtime.last.received).toContainEqual(
      expect.objectContaining({ method: "notifications/cancelled" }),
    );
    expect(await client.error("tools/call", { name: "ask", ...back(first, { q1: yes }) })).toMatchObject({
      code: -32602,
      message: expect.stringContaining("expired"),
    });
  });

  test("of another process is refused in a legacy server's place, which must not run twice", async () => {
    const { client, clock, asker } = await asking({ ask: rounds([form("1")]) });
    const other = await asking({ ask: rounds([form("1")]) });
    const first = await outcome(other.clock, other.client.result("tools/call", { name: "ask" }));
    const error = await outcome(
      clock,
      client.error("tools/call", { name: "ask", ...back(first, { q1: yes }) }),
    );
    expect(error).toMatchObject({ code: -32602 });
    expect(asker.runs).toEqual({});
  });
});

describe("a held call", () => {
  test("is cancelled with the exchange that is open", async () => {
    const forever: Tools[string] = async (ask) => {
      await ask(form("1"));
      return new Promise(() => {});
    };
    const { client, clock, runtime, gateway } = await asking({ ask: forever });
    const first = new AbortController();
    const asked = await outcome(
      clock,
      client.result("tools/call", { name: "ask" }, { signal: first.signal }),
    );
    first.abort();
    await settle();
    const cancelled = () =>
      runtime.last.received.some(
        (message) => "method" in message && message.method === "notifications/cancelled",
      );
    expect(cancelled()).toBe(false);
    const second = new AbortController();
    const answer = client.ask(
      "tools/call",
      { name: "ask", ...back(asked, { q1: yes }) },
      { signal: second.signal },
    );
    await settle();
    second.abort();
    expect(await answer).toMatchObject({ error: { data: { reason: "cancelled" } } });
    expect(cancelled()).toBe(true);
    expect(gateway.stats().heldCalls).toBe(0);
  });

  test("ends with its server, and its client hears of it", async () => {
    const { client, clock, runtime } = await asking({ ask: rounds([form("1")]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    runtime.last.crash();
    await settle();
    expect(await client.error("tools/call", { name: "ask", ...back(first, { q1: yes }) })).toMatchObject({
      data: { reason: "upstream_closed", executed: "unknown" },
    });
  });

  test("ends when its server is reloaded away, after the time of a drain", async () => {
    const { client, clock, gateway } = await asking({ ask: rounds([form("1")]) });
    const first = await outcome(clock, client.result("tools/call", { name: "ask" }));
    await gateway.reload({ servers: [fakeEntry("a", { idle_timeout_seconds: 7 })] });
    await clock.advance(31_000);
    expect(await client.error("tools/call", { name: "ask", ...back(first, { q1: yes }) })).toMatchObject({
      data: { reason: "upstream_closed" },
    });
  });

  test.each(["drain", "dispose"])("ends when the gateway does (%s)", async (how) => {
    const { client, clock, gateway, runtime } = await asking({ ask: rounds([form("1")]) });
    await outcome(clock, client.result("tools/call", { name: "ask" }));
    if (how === "drain") await gateway.drain();
    else await gateway[Symbol.asyncDispose]();
    expect(gateway.stats().heldCalls).toBe(0);
    expect(runtime.last.received).toContainEqual(
      expect.objectContaining({ method: "notifications/cancelled" }),
    );
    await gateway[Symbol.asyncDispose]();
  });

  test("asks nothing while the gateway drains, and may end", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const late: Tools[string] = async (ask) => {
      await promise;
      return text(JSON.stringify(await ask(form("1"))));
    };
    const { client, clock, gateway } = await asking({ ask: late });
    const answer = client.result("tools/call", { name: "ask" });
    await settle();
    const drained = gateway.drain();
    resolve();
    expect(JSON.stringify(await outcome(clock, answer))).toContain("draining");
    await drained;
  });

  test("is one of 500 at most for each principal", async () => {
    const { client, clock, gateway, asker } = await asking({ ask: rounds([form("1")]) }, {}, "session");
    const held = await outcome(
      clock,
      Promise.all(Array.from({ length: 501 }, () => client.ask("tools/call", { name: "ask" }))),
    );
    const refused = held.filter((answer) => "error" in answer);
    expect(refused).toMatchObject([{ error: { data: { reason: "overloaded", detail: "held_calls" } } }]);
    expect(gateway.stats().heldCalls).toBe(500);
    const other = await outcome(clock, client.result("tools/call", { name: "ask" }, { principal: "you" }));
    expect(other.resultType).toBe("input_required");
    expect(asker.runs.ask).toBe(502);
    await gateway[Symbol.asyncDispose]();
  });
});
