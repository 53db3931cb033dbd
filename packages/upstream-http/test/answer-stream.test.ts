import type { OmgError } from "@omg/core/runtime";
import { describe, expect, test } from "vitest";
import { AnswerStream } from "../src/answer-stream.ts";
import { answered, cutOff, eventsOf, type Next, refusedConnection, statusOf } from "./support/responses.ts";

const url = new URL("http://127.0.0.1/mcp");
const answer = 'data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n';

describe("an answer that is cut off", () => {
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
      if (signal.aborted) throw signal.reason;
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
