import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { isAnswer, type RawClient } from "./fixtures/isolation/raw-client.ts";
import { aggregate, Setting, transparent } from "./fixtures/isolation/setting.ts";
import { leaksTo, questionsTo } from "./fixtures/isolation/verdict.ts";
import { isUnattributed, words } from "./fixtures/isolation/words.ts";

const endpoints = [
  { a: aggregate, b: aggregate },
  { a: transparent, b: transparent },
  { a: aggregate, b: transparent },
];

/** All messages of a method that a client got, with the stream each came on. */
function heard({ received }: RawClient, method: string): unknown[] {
  return received.all.flatMap(({ stream, message }) =>
    message.method === method
      ? [[stream, message.params?.message ?? message.params?.data ?? message.params?.marker]]
      : [],
  );
}

let setting: Setting;
beforeAll(async () => {
  setting = await Setting.make();
});
afterEach(() => setting.clear());
afterAll(() => setting[Symbol.asyncDispose]());

describe.each(endpoints)("a shared instance, with clients at $a and $b", (paths) => {
  test("can ask nobody and log to nobody while several sessions have calls in flight", async () => {
    const a = await setting.client("a", paths.a);
    const b = await setting.client("b", paths.b);
    const idle = await setting.client("idle", paths.b);
    const server = await setting.instance();
    const ofA = await a.call(1, "wait", { token: 0 });
    const first = await server.call("mk-a-x");
    const ofB = await b.call(1, "wait", { token: 0 });
    const second = await server.call("mk-b-x");
    server.say(words.elicit("1", "mk-a-x"), words.sample(1, "mk-b-x"), words.roots(0, "mk-a-x"));
    server.say(words.log("mk-a-x"), words.log("mk-b-x"), words.vendor("mk-a-x"), words.vendor("mk-b-x"));
    for (const id of ["1", 1, 0]) {
      const reply = await server.replyTo(id);
      expect(reply.error).toMatchObject({ code: -32601 });
      expect(isUnattributed(reply, "several sessions have")).toBe(true);
    }
    await setting.dropped("notifications/message, which no one session caused", 2);
    await setting.dropped("notifications/vendor/said, which no one session caused", 2);
    server.say(words.answer(second.id, "mk-b-x"), words.answer(first.id, "mk-a-x"));
    await Promise.all([ofA.ended, ofB.ended]);
    await setting.settled(a, b, idle);
    for (const client of [a, b, idle]) {
      expect(leaksTo(client)).toEqual([]);
      expect(questionsTo(client)).toEqual([]);
      expect(heard(client, "notifications/message")).toEqual([]);
      expect(heard(client, "notifications/vendor/said")).toEqual([]);
    }
  });

  test("asks and tells the one session that has calls in flight, on the stream of its call", async () => {
    const idle = await setting.client("idle", paths.a);
    const a = await setting.client("a", paths.a);
    const b = await setting.client("b", paths.b);
    const server = await setting.instance();
    for (const client of [a, b]) {
      const marker = `${client.marker}-x`;
      const { stream, ended } = await client.call(1, "wait", { token: "" });
      const { id } = await server.call(marker);
      server.say(words.log(marker), words.vendor(marker));
      server.say(words.elicit("7", marker), words.sample(7, marker), words.roots(8, marker));
      const replies = await Promise.all(["7", 7, 8].map((question) => server.replyTo(question)));
      server.got.all.length = 0;
      expect(replies).toMatchObject([
        { id: "7", result: { action: "accept", content: { marker: client.marker } } },
        { id: 7, result: { content: { text: client.marker } } },
        { id: 8, result: { roots: [{ uri: `file:///${client.marker}` }] } },
      ]);
      server.say(words.answer(id, marker));
      await ended;
      expect(heard(client, "notifications/message")).toEqual([[stream, marker]]);
      expect(heard(client, "notifications/vendor/said")).toEqual([[stream, marker]]);
      const asked = client.received.all.filter(({ message }) => questionsTo(client).includes(message));
      expect(asked.map((got) => got.stream)).toEqual([stream, stream, stream]);
    }
    await setting.settled(a, b, idle);
    for (const client of [a, b, idle]) expect(leaksTo(client)).toEqual([]);
    expect(questionsTo(idle)).toEqual([]);
  });

  test("can ask nobody and log to nobody while no call is in flight", async () => {
    const a = await setting.client("a", paths.a);
    const b = await setting.client("b", paths.b);
    const server = await setting.instance();
    // The one who called last, and the one who was here first, are no better than others.
    await b.ask(2, "tools/call", b.callOf(2, "echo").params);
    server.say(words.sample(1, "mk-b-x"), words.log("mk-b-x"), words.vendor("mk-a-x"));
    expect(isUnattributed(await server.replyTo(1), "no session has")).toBe(true);
    await setting.dropped("notifications/message");
    await setting.dropped("notifications/vendor/said");
    await setting.settled(a, b);
    for (const client of [a, b]) {
      expect(leaksTo(client)).toEqual([]);
      expect(questionsTo(client)).toEqual([]);
      expect(heard(client, "notifications/message")).toEqual([]);
    }
  });

  test("takes progress and answers to the calls they belong to, with ids and tokens as they were", async () => {
    const clients = [await setting.client("a", paths.a), await setting.client("b", paths.b)];
    const server = await setting.instance();
    const ids = [1, "1", 0, "0"];
    const tokens = ["", 0, "1", 1];
    const open = await Promise.all(
      clients.flatMap((client) =>
        ids.map(async (id, index) => {
          const token = tokens[index] as string | number;
          const { stream, ended } = await client.call(id, "wait", { call: `${index}`, token });
          const marker = `${client.marker}-${index}`;
          const { id: own, params } = await server.call(marker);
          const { progressToken: ownToken } = (params?._meta ?? {}) as { progressToken?: unknown };
          return { client, id, token, stream, ended, marker, own, ownToken };
        }),
      ),
    );
    // Under what clients use themselves there is nothing, and nobody.
    for (const stray of [...ids, ...tokens]) {
      server.say(words.progress(stray, "mk-nobody-x"), words.answer(stray, "mk-nobody-x"));
    }
    await setting.dropped("progress of no request in flight", 8);
    await setting.dropped("an answer to no request in flight", 8);
    for (const call of open.toReversed()) server.say(words.progress(call.ownToken, call.marker));
    for (const call of open) server.say(words.answer(call.own, call.marker));
    // Whoever was answered is not answered again, and works on nothing.
    for (const { own, ownToken } of open) {
      server.say(words.answer(own, "mk-nobody-x"), words.progress(ownToken, "mk-nobody-x"));
    }
    await Promise.all(open.map(({ ended }) => ended));
    await setting.settled(...clients);
    for (const { client, stream, id, token, marker } of open) {
      const got = client.received.all.flatMap((one) => (one.stream === stream ? [one.message] : []));
      expect(got.filter(isAnswer)).toMatchObject([{ id, result: { content: [{ text: marker }] } }]);
      expect(got.filter((message) => !isAnswer(message)).map(({ params }) => params)).toEqual([
        { progressToken: token, progress: 1, message: marker },
      ]);
    }
    for (const client of clients) expect(leaksTo(client)).toEqual([]);
  });
});
