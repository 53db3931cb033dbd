import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { RawClient } from "./fixtures/isolation/raw-client.ts";
import { aggregate, Setting, transparent } from "./fixtures/isolation/setting.ts";
import { leaksTo, questionsTo } from "./fixtures/isolation/verdict.ts";
import { isUnattributed, related, words } from "./fixtures/isolation/words.ts";

const paths = [aggregate, transparent];

let setting: Setting;
beforeAll(async () => {
  setting = await Setting.make();
});
afterEach(() => setting.clear());
afterAll(() => setting[Symbol.asyncDispose]());

/** What a client heard by a method on the stream of no request. */
function onGet({ received }: RawClient, method: string): unknown[] {
  return received.all.flatMap(({ stream, message }) =>
    stream === "get" && message.method === method ? [message.params] : [],
  );
}

async function listedTasks(client: RawClient): Promise<unknown[]> {
  const { result } = await client.ask(1, "tasks/list");
  return ((result?.tasks ?? []) as { taskId: string }[]).map(({ taskId }) => taskId);
}

describe.each(paths)("on a shared instance, with clients at %s", (path) => {
  const prefix = path === aggregate ? "iso__" : "";

  test("an update of a resource is for its subscribers, and the server knows of one of them", async () => {
    const a = await setting.client("a", path);
    // Its name begins like the other's.
    const b = await setting.client("ab", path);
    const idle = await setting.client("idle", path);
    const server = await setting.instance();
    const both = { uri: "iso://both" };
    await a.ask(2, "resources/subscribe", both);
    await b.ask(2, "resources/subscribe", both);
    server.say(words.updated("iso://mk-a"), words.updated("iso://mk-ab/below"), words.updated("iso://none"));
    server.say(words.updated("iso://both"), words.updated("iso://bot"), words.updated("iso://both2"));
    await setting.settled(a, b, idle);
    await a.ask(2, "resources/unsubscribe", both);
    server.say(words.updated("iso://both"), words.updated("iso://mk-a"));
    await setting.settled(a, b, idle);
    await b.ask(2, "resources/unsubscribe", both);
    server.say(words.updated("iso://both"));
    await setting.settled(a, b, idle);
    const heard = (client: RawClient) =>
      onGet(client, "notifications/resources/updated").flatMap((params) => {
        const { uri } = params as { uri: string };
        return /end\d+$/.test(uri) ? [] : [uri];
      });
    expect(heard(a)).toEqual(["iso://mk-a", "iso://both", "iso://mk-a"]);
    expect(heard(b)).toEqual(["iso://mk-ab/below", "iso://both", "iso://both"]);
    expect(heard(idle)).toEqual([]);
    const about = server.got.all.filter(({ params }) => params?.uri === both.uri).map(({ method }) => method);
    expect(about).toEqual(["resources/subscribe", "resources/unsubscribe"]);
  });

  test("a task is its owner's: its status, its progress, its result and its place in the list", async () => {
    const a = await setting.client("a", path);
    const b = await setting.client("b", path);
    const idle = await setting.client("idle", path);
    const server = await setting.instance();
    for (const client of [a, b]) {
      // The server's answer says it is one task more of the same kind; ids and tokens collide.
      const { ended } = await client.call(1, "wait", { token: 0, task: {} });
      const { id } = await server.call(`${client.marker}-x`);
      server.say(words.task(id, `task-${client.marker}`), words.progress(id, `${client.marker}-x`));
      server.say(words.status(`task-${client.marker}`, "working"));
      await ended;
    }
    server.say(words.status("task-nobody", "working"));
    await setting.dropped("notifications/tasks/status about what no session has");
    const refused = [
      await idle.ask(2, "tasks/get", { taskId: `${prefix}task-mk-a` }),
      await idle.ask(2, "tasks/result", { taskId: `${prefix}task-mk-a` }),
      await idle.ask(2, "tasks/cancel", { taskId: `${prefix}task-mk-b` }),
    ];
    for (const { error } of refused) {
      expect(error?.code).toBe(-32602);
      expect(error?.message).toMatch(/^Unknown task 'task-mk-[ab]'/);
    }
    expect(server.got.all.filter(({ params }) => params?.taskId !== undefined)).toEqual([]);
    server.say(words.status("task-mk-a", "completed"), words.status("task-mk-b", "failed"));
    await setting.settled(a, b, idle);
    const said = (client: RawClient) => {
      const statuses = onGet(client, "notifications/tasks/status") as { taskId: string; status: string }[];
      return statuses.map(({ taskId, status }) => [taskId, status]);
    };
    expect(said(a)).toEqual([
      [`${prefix}task-mk-a`, "working"],
      [`${prefix}task-mk-a`, "completed"],
    ]);
    expect(said(b)).toEqual([
      [`${prefix}task-mk-b`, "working"],
      [`${prefix}task-mk-b`, "failed"],
    ]);
    for (const client of [a, b]) {
      const progress = { progressToken: 0, progress: 1, message: `${client.marker}-x` };
      expect(onGet(client, "notifications/progress")).toEqual([progress]);
    }
    for (const client of [a, b]) expect(leaksTo(client)).toEqual([]);
    expect(said(idle)).toEqual([]);
  });

  test("a list of tasks holds the caller's only", async () => {
    const a = await setting.client("a", path);
    const b = await setting.client("b", path);
    const idle = await setting.client("idle", path);
    const calls = await Promise.all([a, b].map((client) => client.call(1, "task", { task: {} })));
    await Promise.all(calls.map(({ ended }) => ended));
    expect(await listedTasks(a)).toEqual([`${prefix}task-mk-a-x`]);
    expect(await listedTasks(b)).toEqual([`${prefix}task-mk-b-x`]);
    expect(await listedTasks(idle)).toEqual([]);
  });

  test("the end of an elicitation by URL is told to whom it was put", async () => {
    const a = await setting.client("a", path);
    const b = await setting.client("b", path);
    const server = await setting.instance();
    const ofA = await a.call(1, "wait");
    const { id } = await server.call("mk-a-x");
    const url = { mode: "url", url: "https://example.com/mk-a", elicitationId: "mk-a-e" };
    server.say(words.elicit(1, "mk-a-x", url));
    await server.replyTo(1);
    server.say(words.answer(id, "mk-a-x"));
    await ofA.ended;
    const ofB = await b.call(1, "wait");
    const { id: second } = await server.call("mk-b-x");
    const method = "notifications/elicitation/complete";
    server.say(
      { method, params: { elicitationId: "mk-a-e" } },
      { method, params: { elicitationId: "mk-a-e" } },
    );
    server.say({ method, params: { elicitationId: "other" } });
    await setting.dropped(`${method} about what no session has`, 2);
    server.say(words.answer(second, "mk-b-x"));
    await ofB.ended;
    await setting.settled(a, b);
    expect(onGet(a, method)).toEqual([{ elicitationId: "mk-a-e" }]);
    expect(b.all(method)).toEqual([]);
    for (const client of [a, b]) expect(leaksTo(client)).toEqual([]);
  });

  test("what a task asks and logs goes to its owner, whoever has calls in flight", async () => {
    const a = await setting.client("a", path);
    const b = await setting.client("b", path);
    const server = await setting.instance();
    const made = await a.call(1, "wait", { task: {} });
    server.say(words.task((await server.call("mk-a-x")).id, "task-mk-a"));
    await made.ended;
    const ofB = await b.call(1, "wait");
    const { id } = await server.call("mk-b-x");
    const { _meta } = related("task-mk-a") as { _meta: object };
    server.say(words.elicit(1, "mk-a-x", { _meta }));
    const log = words.log("mk-a-x");
    server.say({ ...log, params: { ...log.params, _meta } });
    expect(await server.replyTo(1)).toMatchObject({ result: { content: { marker: "mk-a" } } });
    // Without a word of which it is, it may be either.
    server.say(words.sample("2", "mk-a-x"), words.log("mk-a-x"));
    expect(isUnattributed(await server.replyTo("2"), "several sessions have")).toBe(true);
    server.say(words.status("task-mk-a", "completed"), words.answer(id, "mk-b-x"));
    await ofB.ended;
    await setting.settled(a, b);
    expect(questionsTo(a)).toHaveLength(1);
    expect(questionsTo(b)).toEqual([]);
    expect(a.all("notifications/message")).toHaveLength(1);
    expect(leaksTo(b)).toEqual([]);
  });
});

test("a changed list is news for all who see the server, and for nobody else", async () => {
  const whole = await setting.client("a", aggregate);
  const own = [await setting.client("b", transparent), await setting.client("c", transparent)];
  const elsewhere = await setting.client("d", "/servers/other/mcp");
  const server = await setting.instance();
  const [tools, prompts] = ["notifications/tools/list_changed", "notifications/prompts/list_changed"];
  server.offer("more");
  await Promise.all([whole, ...own].map((client) => client.heard(tools)));
  // Who talks to this server alone hears its own words, whether or not a list differs.
  const params = { _meta: { why: "no reason" } };
  server.say({ method: prompts, params });
  await Promise.all(own.map((client) => client.heard(prompts)));
  await elsewhere.ask(1, "tools/list");
  for (const client of [whole, ...own]) {
    const { result } = await client.ask(2, "tools/list");
    expect(JSON.stringify(result)).toMatch(/"(iso__)?more"/);
    expect(onGet(client, tools)).toEqual([undefined]);
    expect(onGet(client, prompts)).toEqual(client === whole ? [] : [params]);
  }
  expect(elsewhere.received.all.filter(({ message }) => message.method !== undefined)).toEqual([]);
});
