import { addAbortSignal, PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { Engine, PullOptions } from "../src/engine/engine.ts";
import { EngineFailure } from "../src/engine/engine-failure.ts";
import { PullFailure, Pulls } from "../src/images/pulls.ts";

/** An engine that tells of a pull what a test tells it. */
function fakeEngine() {
  const opened = Promise.withResolvers<PassThrough>();
  const streams: PassThrough[] = [];
  const engine = {
    name: "fake",
    async pull(_reference: string, { signal }: PullOptions) {
      signal.throwIfAborted();
      const stream = addAbortSignal(signal, new PassThrough());
      streams.push(stream);
      opened.resolve(stream);
      return stream;
    },
  };
  return { engine: engine as Partial<Engine> as Engine, streams, opened: opened.promise };
}

function puller(engine: Engine) {
  const pulls = new Pulls({});
  return (signal: AbortSignal, progress = (_message: string) => {}) =>
    pulls.pull({ engine, reference: "some/image:1", platform: undefined, signal, progress });
}

const patient = new AbortController().signal;
const half = `${JSON.stringify({ id: "a", status: "Downloading", progressDetail: { current: 1, total: 2 } })}\n`;

test("who comes while the last who waited gives up gets a pull of its own", async () => {
  const { engine, streams, opened } = fakeEngine();
  const pull = puller(engine);
  const impatient = new AbortController();
  const first = pull(impatient.signal);
  await opened;
  impatient.abort(new Error("enough"));
  await expect(first).rejects.toThrow("enough");
  const second = pull(patient);
  await expect.poll(() => streams.length).toBe(2);
  streams[1]?.end();
  await second;
  expect(streams[0]?.destroyed).toBe(true);
});

test("who has given up before does not begin a pull", async () => {
  const { engine, streams } = fakeEngine();
  await expect(puller(engine)(AbortSignal.abort(new Error("too late")))).rejects.toThrow("too late");
  expect(streams).toEqual([]);
});

test("who comes later is told at once how far it is", async () => {
  const { engine, opened } = fakeEngine();
  const pull = puller(engine);
  const isHalf = Promise.withResolvers<void>();
  const first = pull(patient, (message) => {
    if (message.endsWith(": 50 %")) isHalf.resolve();
  });
  const stream = await opened;
  stream.write(half);
  await isHalf.promise;
  const told: string[] = [];
  const second = pull(patient, (message) => void told.push(message));
  expect(told).toEqual(["pulling some/image:1: 50 %"]);
  stream.end();
  await Promise.all([first, second]);
  expect(told).toEqual(["pulling some/image:1: 50 %", "pulling some/image:1: 100 %"]);
});

test.each([
  [
    "a failure told after a good beginning",
    `${half}{"error":"no space left on device"}`,
    "no space left on device",
  ],
  ["words that are no JSON", "<html>\n", "not JSON: <html>"],
])("%s is no silence of the engine", async (_name, words, said) => {
  const { engine, opened } = fakeEngine();
  const pulled = puller(engine)(patient).catch((error: unknown) => error);
  (await opened).end(words);
  const error = await pulled;
  expect(error).toBeInstanceOf(PullFailure);
  expect((error as PullFailure).failure).toMatchObject({ said, isSilence: false });
});

test("an engine that goes away is one that is silent", async () => {
  const { engine, opened } = fakeEngine();
  const pulled = puller(engine)(patient).catch((error: unknown) => error);
  (await opened).destroy(Object.assign(new Error("aborted"), { code: "ECONNRESET" }));
  expect(((await pulled) as PullFailure).failure).toBeInstanceOf(EngineFailure);
  expect(((await pulled) as PullFailure).failure.isSilence).toBe(true);
});

test("an engine whose words have no end is not listened to without end", async () => {
  const { engine, streams, opened } = fakeEngine();
  const pulled = puller(engine)(patient);
  pulled.catch(() => {});
  (await opened).write("x".repeat(2 * 1024 * 1024));
  const patience = new Promise((_, reject) => setTimeout(() => reject(new Error("it goes on")), 2_000));
  await expect(Promise.race([pulled, patience])).rejects.toThrow("longer than 1 MiB");
  expect(streams[0]?.destroyed).toBe(true);
});
