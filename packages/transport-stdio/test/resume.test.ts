import { expect, test } from "vitest";
import { pauseMs } from "../src/reconnect.ts";
import { resume } from "../src/resume.ts";

const events = { headers: { "content-type": "text/event-stream" } };

/** Goes on with a stream, with answers one after the other, and gives the pauses before each. */
async function pausesBefore(answers: (string | number | Error)[], retryMs?: number): Promise<number[]> {
  const pauses: number[] = [];
  await resume({
    position: { lastEventId: "0", retryMs },
    take: () => {},
    done: () => answers.length === 0,
    request: async () => {
      const next = answers.shift();
      if (next instanceof Error) throw next;
      return typeof next === "number" ? new Response(null, { status: next }) : new Response(next, events);
    },
    pause: async (ms) => void pauses.push(ms),
  });
  return pauses;
}

const gone = new TypeError("fetch failed");

test("a stream is asked for after a second, and ever later when nothing comes", async () => {
  const tooMany = [gone, 503, ": nothing\n\n", gone, gone, gone, gone];
  expect(await pausesBefore(tooMany)).toEqual([1000, 2000, 4000, 8000, 16_000]);
});

test("what comes starts the pauses anew, and may say how long they are", async () => {
  const answers = [gone, "id: 1\n\n", gone, "retry: 300\nid: 2\ndata:\n\n", gone, gone];
  expect(await pausesBefore(answers)).toEqual([1000, 2000, 1000, 2000, 300, 600]);
});

test("an event that holds no message is not asked for again", async () => {
  await expect(pausesBefore(["data: {}\n\n", gone])).rejects.toMatchObject({ reason: "invalid_request" });
});

test.each([
  [undefined, 0, 1000],
  [undefined, 5, 30_000],
  [0, 0, 10],
  [0, 3, 80],
  [60_000, 0, 60_000],
  [60_000, 4, 60_000],
  [1e300, 0, 2 ** 31 - 1],
])("a gateway that says %s ms is left alone, after %i failures, for %i ms", (retryMs, failures, ms) => {
  expect(pauseMs({ retryMs }, failures)).toBe(ms);
});
