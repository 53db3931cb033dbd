import { expect, test } from "vitest";
import { listen } from "../src/listen.ts";

/** Listens to a gateway that answers as told, one after the other, and gives the pauses in between. */
async function pausesBetween(answers: (() => Response)[]): Promise<number[]> {
  const over = new AbortController();
  const pauses: number[] = [];
  await listen({
    request: async () => {
      const next = answers.shift();
      if (answers.length === 0) over.abort();
      return (next as () => Response)();
    },
    deliver: () => {},
    onLost: () => pauses.push(-1),
    signal: over.signal,
    pause: async (ms) => void pauses.push(ms),
  });
  return pauses;
}

const stream = () => new Response(": over\n\n", { headers: { "content-type": "text/event-stream" } });
const status = (code: number) => () => new Response(null, { status: code });
const gone = () => {
  throw new TypeError("fetch failed");
};

test("the pauses grow from a second to half a minute while there is no stream", async () => {
  const pauses = await pausesBetween([gone, status(503), gone, gone, gone, gone, gone]);
  expect(pauses).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
});

test("a stream that stood starts them anew", async () => {
  expect(await pausesBetween([gone, gone, stream, gone])).toEqual([1000, 2000, 1000, 2000]);
});

test("a page that is no event stream counts as none", async () => {
  expect(await pausesBetween([() => new Response("hi"), gone])).toEqual([1000, 2000]);
});

test("a gateway without event streams is asked once", async () => {
  expect(await pausesBetween([status(405), gone])).toEqual([]);
  expect(await pausesBetween([status(404), gone])).toEqual([]);
});

test("a session that had a stream and is unknown now is lost", async () => {
  expect(await pausesBetween([stream, status(404), gone])).toEqual([1000, -1]);
});

test("the gateway says how long the pauses are", async () => {
  const asking = () => new Response("retry: 50\n\n", { headers: { "content-type": "text/event-stream" } });
  expect(await pausesBetween([gone, asking, gone, gone])).toEqual([1000, 50, 100, 200]);
});

test("an answer is not delivered: its request has a stream of its own", async () => {
  const over = new AbortController();
  const told: unknown[] = [];
  const data = ['{"jsonrpc":"2.0","id":1,"result":{}}', '{"jsonrpc":"2.0","id":1,"method":"ping"}'];
  const text = data.map((message) => `data: ${message}\n\n`).join("");
  await listen({
    request: async () => new Response(text, { headers: { "content-type": "text/event-stream" } }),
    deliver: ({ head }) => told.push(head.kind),
    onLost: () => {},
    signal: over.signal,
    pause: async () => over.abort(),
  });
  expect(told).toEqual(["request"]);
});
