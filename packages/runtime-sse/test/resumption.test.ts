import type { OmgError } from "@omg/core/runtime";
import { describe, expect, test } from "vitest";
import { AnswerStream } from "../src/answer-stream.ts";
import type { HttpResponse } from "../src/http-client.ts";
import { listen } from "../src/listen.ts";
import { connect } from "./support/connect.ts";
import { answerTo, type Exchange, fakeServer } from "./support/fake-server.ts";
import { cutOff, eventsOf, statusOf } from "./support/responses.ts";

const url = new URL("http://127.0.0.1/mcp");
const answer = 'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n';
const refusedConnection = { reason: "upstream_start_failed", detail: "connect" };

describe("an answer that is cut off", () => {
  test("goes on where it was, on another connection, after a second", async () => {
    await using server = await fakeServer({
      "tools/call"(exchange) {
        call = exchange;
        exchange.stream();
        exchange.event(undefined, "e1");
        exchange.response.end();
      },
      GET(exchange) {
        if (exchange.headers["last-event-id"] === undefined) return exchange.status(405);
        exchange.stream();
        exchange.event(answerTo(call as Exchange, "after all"), "e2");
        exchange.response.end();
      },
    });
    let call: Exchange | undefined;
    await using remote = await connect({ url: server.url });
    const begin = performance.now();
    expect(await remote.client.call("echo")).toBe("after all");
    expect(performance.now() - begin).toBeGreaterThan(990);
    const { headers } = await server.when(({ headers }) => headers["last-event-id"] !== undefined);
    expect(headers).toMatchObject({ "last-event-id": "e1", "mcp-session-id": "session-1" });
    expect(server.exchanges.filter(({ method }) => method === "tools/call")).toHaveLength(1);
    expect(remote.client.errors).toEqual([]);
    expect(remote.heard.at(-1)?.extra).toEqual({ requestId: call?.id, streamed: true });
    expect(remote.ended).toEqual([[call?.id, { retryMs: undefined }]]);
  });

  test("is said to have been ended by the server each time it was, with the pause it wants", async () => {
    const stream = testStream([refusedConnection, eventsOf("retry: 70\n\n"), eventsOf(answer)]);
    await stream.read(eventsOf("retry: 5\nid: a\n\n"));
    expect(stream.ends).toEqual([5, 70]);
  });

  test("is not said to have been ended when it was cut off, or there is nothing to come back for", async () => {
    const cut = testStream([eventsOf(answer)]);
    await cut.read(cutOff("id: a\n\n"));
    const answered = testStream([]);
    await answered.read(eventsOf(`id: a\n${answer}`));
    const lost = testStream([]);
    await expect(lost.read(eventsOf("data:\n\n"))).rejects.toMatchObject({ reason: "upstream_closed" });
    expect([cut.asked, cut.ends, answered.ends, lost.ends]).toEqual([["a"], [], [], []]);
  });

  test("takes an id without data, and the pause that the server wants, but none below a second", async () => {
    const stream = testStream([eventsOf("id: b\nretry: 0\n\n"), eventsOf(answer)]);
    await stream.read(eventsOf("retry: 5000\nid: a\n\n"));
    expect(stream.pauses).toEqual([5000, 1000]);
    expect(stream.asked).toEqual(["a", "b"]);
  });

  test("pauses longer and longer while the server can not be reached, and gives up", async () => {
    const stream = testStream(Array.from({ length: 9 }, () => refusedConnection));
    const failed = expect(stream.read(eventsOf("id: a\n\n"))).rejects;
    await failed.toMatchObject({ reason: "upstream_closed", executed: "unknown" });
    expect(stream.pauses).toEqual([1000, 2000, 4000, 8000, 16_000]);
  });

  test("is given up after many streams that bring nothing new", async () => {
    const stream = testStream(Array.from({ length: 100 }, () => eventsOf(": nothing\n\n")));
    await expect(stream.read(eventsOf("id: a\n\n"))).rejects.toMatchObject({ reason: "upstream_closed" });
    expect(stream.asked.length).toBe(60);
    expect(new Set(stream.pauses)).toEqual(new Set([1000]));
  });

  test("may come back after 503, but not after 404", async () => {
    const patient = testStream([statusOf(503), eventsOf(answer)]);
    await patient.read(eventsOf("id: a\n\n"));
    const over = testStream([statusOf(404)]);
    const failed = expect(over.read(eventsOf("id: a\n\n"))).rejects;
    await failed.toMatchObject({ reason: "upstream_closed", message: /does not go on .*\(404\)/ });
  });

  test("is not asked for if no event had an id, or one that no header can hold", async () => {
    for (const text of ["data: {}\n\n", "id: a\0b\n\n", `id: ${"x".repeat(2000)}\n\n`, "id: a\u0001\n\n"]) {
      const stream = testStream([]);
      await expect(stream.read(eventsOf(text))).rejects.toMatchObject({ reason: "upstream_closed" });
      expect(stream.asked).toEqual([]);
    }
  });

  test("is not waited for any more when the call is abandoned during a pause", async () => {
    const stream = testStream([], () => stream.abandon(Object.assign(new Error("over")) as OmgError));
    await expect(stream.read(eventsOf("id: a\n\n"))).rejects.toThrow("over");
  });
});

describe("the stream of what nobody asked for", () => {
  test("is opened again where it was when it ends, and grows patient with one that ends at once", async () => {
    const heard = await listenTo([
      eventsOf('id: 0\ndata:\n\nid: 1\ndata: {"a":1}\n\n'),
      eventsOf(": nothing\n\n"),
      eventsOf(": nothing\n\n"),
      eventsOf('id: 2\ndata: {"a":2}\n\n'),
      statusOf(405),
    ]);
    expect(heard.asked).toEqual([undefined, "1", "1", "1", "2"]);
    expect(heard.said).toEqual(['{"a":1}', '{"a":2}']);
    expect(heard.pauses).toEqual([1000, 2000, 4000, 1000]);
  });

  test("is not asked for again where there is none", async () => {
    for (const status of [400, 401, 404, 405, 200, 302]) {
      const heard = await listenTo([statusOf(status), eventsOf("")]);
      expect(heard.asked).toHaveLength(1);
    }
  });

  test("is asked for again while the server is ill, or holds the old stream to be alive", async () => {
    const heard = await listenTo([statusOf(503), statusOf(409), statusOf(429), statusOf(405)]);
    expect(heard.asked).toHaveLength(4);
    expect(heard.pauses).toEqual([1000, 2000, 4000]);
  });

  test("tells the end of the session, and that nobody is there", async () => {
    expect((await listenTo([eventsOf(""), statusOf(404)])).end).toBe("lost");
    expect((await listenTo([eventsOf(""), refusedConnection])).end).toBe("gone");
  });

  test("leaves it to a call in flight to find out that nobody is there", async () => {
    const heard = await listenTo([refusedConnection, refusedConnection, statusOf(405)], true);
    expect(heard).toMatchObject({ end: undefined, pauses: [1000, 2000] });
  });

  test("brings messages without a request, over HTTP", async () => {
    await using server = await fakeServer({
      GET(exchange) {
        exchange.stream();
        exchange.event({ jsonrpc: "2.0", method: "notifications/tools/list_changed" });
      },
    });
    await using remote = await connect({ url: server.url });
    await server.when(({ httpMethod }) => httpMethod === "GET");
    await remote.client.call("echo");
    const said = () => remote.heard.find(({ frame }) => frame.head.method !== undefined);
    while (!said()) await new Promise(setImmediate);
    expect(said()?.extra?.requestId).toBeUndefined();
  });
});

type Next = HttpResponse | { readonly reason: string; readonly detail: string };

async function answered(next: Next | undefined): Promise<HttpResponse> {
  if (next === undefined) throw new Error("asked too often");
  if ("status" in next) return next;
  throw Object.assign(new Error("refused"), next, { [Symbol.for("omg.error")]: true });
}

function testStream(nexts: Next[], onPause = () => {}) {
  const pauses: number[] = [];
  const asked: string[] = [];
  const ends: (number | undefined)[] = [];
  const stream = new AnswerStream({
    url,
    id: 1,
    deliver: () => {},
    onClose: (retryMs) => void ends.push(retryMs),
    onBadMessage: () => {},
    resume(lastEventId, signal) {
      signal.throwIfAborted();
      asked.push(lastEventId);
      return answered(nexts.shift());
    },
    async pause(ms) {
      pauses.push(ms);
      onPause();
    },
  });
  return Object.assign(stream, { pauses, asked, ends });
}

async function listenTo(nexts: Next[], isBusy = false) {
  const heard = {
    asked: [] as (string | undefined)[],
    said: [] as string[],
    pauses: [] as number[],
    end: undefined as string | undefined,
  };
  await listen({
    url,
    signal: new AbortController().signal,
    isBusy: () => isBusy,
    request(lastEventId) {
      heard.asked.push(lastEventId);
      return answered(nexts.shift());
    },
    deliver: (data) => void heard.said.push(data),
    onSessionLost() {
      heard.end = "lost";
    },
    onGone() {
      heard.end = "gone";
    },
    pause: async (ms) => void heard.pauses.push(ms),
  });
  return heard;
}
