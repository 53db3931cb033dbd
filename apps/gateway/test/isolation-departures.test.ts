import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Instance } from "./fixtures/isolation/control.ts";
import type { RawClient } from "./fixtures/isolation/raw-client.ts";
import { aggregate, Setting, transparent } from "./fixtures/isolation/setting.ts";
import { leaksTo, questionsTo } from "./fixtures/isolation/verdict.ts";
import { isUnattributed, words } from "./fixtures/isolation/words.ts";

const paths = [aggregate, transparent];

/** Resolves once the server has heard that a call is cancelled. */
async function cancelled({ got }: Instance, id: unknown): Promise<void> {
  await got.next(({ method, params }) => method === "notifications/cancelled" && params?.requestId === id);
}

/** Begins a call that waits, and gives the id under which the server knows it. */
async function begin(server: Instance, client: RawClient, call = "x") {
  const { ended } = await client.call(1, "wait", { call, token: 1 });
  const { id } = await server.call(`${client.marker}-${call}`);
  return { id, ended };
}

describe.each(paths)("a session at %s that shares an instance and leaves", (path) => {
  let setting: Setting;
  beforeAll(async () => {
    setting = await Setting.make();
  });
  afterEach(() => setting.clear());
  afterAll(() => setting[Symbol.asyncDispose]());

  test("has its calls cancelled; what the server still says of them is for nobody", async () => {
    const a = await setting.client("a", path);
    const b = await setting.client("b", path);
    const server = await setting.instance();
    const ofA = await begin(server, a);
    const ofB = await begin(server, b);
    const task = await a.call(2, "wait", { call: "task", task: {} });
    server.say(words.task((await server.call("mk-a-task")).id, "task-mk-a"));
    await task.ended;
    await a.end();
    await cancelled(server, ofA.id);
    const unsubscribed = ({ method, params }: { method?: string | undefined; params?: object | undefined }) =>
      method === "resources/unsubscribe" && JSON.stringify(params).includes("iso://mk-a");
    await server.got.next(unsubscribed);
    server.say(words.progress(ofA.id, "mk-a-x"), words.answer(ofA.id, "mk-a-x"));
    server.say(words.status("task-mk-a", "completed"), words.updated("iso://mk-a"));
    await setting.dropped("progress of no request in flight");
    await setting.dropped("an answer to no request in flight");
    await setting.dropped("notifications/tasks/status about what no session has");
    server.say(words.progress(ofB.id, "mk-b-x"), words.answer(ofB.id, "mk-b-x"));
    await ofB.ended;
    await setting.settled(b);
    expect(leaksTo(b)).toEqual([]);
    expect(b.all("notifications/progress").map(({ params }) => params?.progressToken)).toEqual([1]);
  });

  test("leaves the server in doubt whose its words are, until it has answered all that was cancelled", async () => {
    const a = await setting.client("a", path);
    const b = await setting.client("b", path);
    const server = await setting.instance();
    const ofA = await begin(server, a);
    const ofB = await begin(server, b);
    await a.end();
    await cancelled(server, ofA.id);
    server.say(words.elicit(1, "mk-a-x"), words.log("mk-a-x"), words.vendor("mk-a-x"));
    expect(isUnattributed(await server.replyTo(1), "several sessions have")).toBe(true);
    await setting.dropped("notifications/message, which no one session caused");
    await setting.dropped("notifications/vendor/said, which no one session caused");
    server.say(words.answer(ofA.id, "mk-a-x"), words.elicit(2, "mk-b-x"), words.log("mk-b-x"));
    expect(await server.replyTo(2)).toMatchObject({ result: { content: { marker: "mk-b" } } });
    server.say(words.answer(ofB.id, "mk-b-x"));
    await ofB.ended;
    await setting.settled(b);
    expect(leaksTo(b)).toEqual([]);
    expect(questionsTo(b)).toHaveLength(1);
    expect(b.all("notifications/message")).toHaveLength(1);
  });

  test("leaves its open question to nobody: the server gets an error, and may ask others under the same id", async () => {
    const a = await setting.client("a", path, { mute: true });
    const b = await setting.client("b", path);
    const server = await setting.instance();
    const ofA = await begin(server, a);
    server.say(words.elicit("1", "mk-a-x"), words.roots(1, "mk-a-x"));
    await a.heard("elicitation/create");
    await a.heard("roots/list");
    await a.end();
    for (const id of ["1", 1]) {
      const { error, result } = await server.replyTo(id);
      expect(result).toBeUndefined();
      expect(error?.message).toBe("The client is gone");
    }
    await cancelled(server, ofA.id);
    server.say(words.answer(ofA.id, "mk-a-x"));
    await setting.dropped("an answer to no request in flight");
    server.got.all.length = 0;
    const ofB = await begin(server, b);
    server.say(words.elicit("1", "mk-b-x"));
    expect(await server.replyTo("1")).toMatchObject({ result: { content: { marker: "mk-b" } } });
    server.say(words.answer(ofB.id, "mk-b-x"));
    await ofB.ended;
    expect(leaksTo(b)).toEqual([]);
    expect(questionsTo(b)).toHaveLength(1);
  });

  test("stays in doubt no less when it only loses its connections: nothing of it moves to another", async () => {
    const a = await setting.client("a", path, { mute: true });
    const b = await setting.client("b", path);
    const server = await setting.instance();
    const ofA = await begin(server, a);
    server.say(words.elicit(1, "mk-a-x"));
    await a.heard("elicitation/create");
    a.cut();
    const ofB = await begin(server, b);
    server.say(words.sample(2, "mk-a-x"), words.log("mk-a-x"));
    expect(isUnattributed(await server.replyTo(2), "several sessions have")).toBe(true);
    server.say(words.progress(ofA.id, "mk-a-x"), words.status("task-mk-a", "working"));
    server.say(words.answer(ofA.id, "mk-a-x"), words.updated("iso://mk-a"));
    server.say(words.answer(ofB.id, "mk-b-x"));
    await ofB.ended;
    await setting.settled(b);
    expect(server.got.all.filter(({ method }) => method === "notifications/cancelled")).toEqual([]);
    await a.end();
    expect((await server.replyTo(1)).error?.message).toBe("The client is gone");
    expect(leaksTo(b)).toEqual([]);
    expect(questionsTo(b)).toEqual([]);
  });

  test("frees an id by cancelling: the late answer is not the next call's", async () => {
    const a = await setting.client("a", path);
    const b = await setting.client("b", path);
    const server = await setting.instance();
    const ofB = await begin(server, b);
    const before = await begin(server, a, "1");
    await a.notify("notifications/cancelled", { requestId: 1 });
    await cancelled(server, before.id);
    const after = await begin(server, a, "2");
    server.say(words.answer(before.id, "mk-a-1"), words.progress(before.id, "mk-a-1"));
    server.say(words.answer(after.id, "mk-a-2"), words.answer(ofB.id, "mk-b-x"));
    await Promise.all([before.ended, after.ended, ofB.ended]);
    const answers = a.received.all.flatMap(({ text }) => (text.includes("mk-a-") ? [text] : []));
    expect(answers.filter((text) => text.includes("mk-a-1"))).toEqual([]);
    expect(answers.filter((text) => text.includes("mk-a-2"))).toHaveLength(1);
    for (const client of [a, b]) expect(leaksTo(client)).toEqual([]);
  });
});

test("a session with an instance of its own that leaves takes it along, and another's goes on", async () => {
  const setting = await Setting.make({ scope: "session" });
  // Also when the test hangs.
  onTestFinished(() => setting[Symbol.asyncDispose]());
  const a = await setting.client("a", aggregate);
  const ofA = await setting.instance();
  const b = await setting.client("b", transparent);
  const ofB = await setting.control.instances.next((instance) => instance !== ofA);
  const ended = ofA.ended();
  await begin(ofA, a);
  const call = await begin(ofB, b);
  await a.end();
  ofA.say(words.log("mk-a-x"), words.updated("iso://mk-a"), words.elicit(1, "mk-a-x"));
  await ended;
  ofB.say(words.log("mk-b-x"), words.elicit(1, "mk-b-x"));
  expect(await ofB.replyTo(1)).toMatchObject({ result: { content: { marker: "mk-b" } } });
  ofB.say(words.answer(call.id, "mk-b-x"));
  await call.ended;
  expect(leaksTo(b)).toEqual([]);
  expect(questionsTo(b)).toHaveLength(1);
  expect(setting.control.instances.all).toHaveLength(2);
});
