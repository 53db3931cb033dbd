import { describe, expect, test } from "vitest";
import { StartLimiter } from "../src/pool/start-limiter.ts";

const yes = () => true;
const no = () => false;

/** A start that goes on until it is told how it ends. */
function controlled(log: string[], name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  return {
    start: () => {
      log.push(name);
      return promise;
    },
    succeed: () => resolve(name),
    fail: () => reject(new Error(name)),
  };
}

function limited(limit: number, names: string) {
  const log: string[] = [];
  const limiter = new StartLimiter(limit);
  const starts = [...names].map((name) => controlled(log, name));
  const results = starts.map(({ start }) => limiter.run(yes, start));
  const start = (index: number) => {
    const found = starts[index];
    if (!found) throw new Error(`No start ${index}`);
    return found;
  };
  return { log, limiter, start, results };
}

describe("starts", () => {
  test("run a limited number at a time, the others in their order", async () => {
    const { log, start, results } = limited(2, "abcd");
    expect(log).toEqual(["a", "b"]);
    start(1).succeed();
    expect(await results[1]).toBe("b");
    expect(log).toEqual(["a", "b", "c"]);
    start(0).succeed();
    await results[0];
    expect(log).toEqual(["a", "b", "c", "d"]);
    start(3).succeed();
    start(2).succeed();
    expect(await Promise.all(results)).toEqual(["a", "b", "c", "d"]);
  });

  test("that fail make room as well, and fail for their caller only", async () => {
    const { log, start, results } = limited(1, "ab");
    start(0).fail();
    await expect(results[0]).rejects.toThrow("a");
    expect(log).toEqual(["a", "b"]);
    start(1).succeed();
    expect(await results[1]).toBe("b");
  });

  test("that fail before they begin make room as well", async () => {
    const limiter = new StartLimiter(1);
    const failing = limiter.run(yes, () => {
      throw new Error("at once");
    });
    await expect(failing).rejects.toThrow("at once");
    expect(await limiter.run(yes, async () => "next")).toBe("next");
  });

  test("that come when all is quiet again run at once, no more than the limit", async () => {
    const { start, results, limiter } = limited(1, "abc");
    for (const index of [0, 1, 2]) start(index).succeed();
    await Promise.all(results);
    const log: string[] = [];
    const [first, second] = [controlled(log, "d"), controlled(log, "e")];
    const again = [limiter.run(yes, first.start), limiter.run(yes, second.start)];
    expect(log).toEqual(["d"]);
    first.succeed();
    second.succeed();
    expect(await Promise.all(again)).toEqual(["d", "e"]);
  });

  test("do not let a newcomer slip in before those who wait", async () => {
    const { log, limiter, start, results } = limited(1, "ab");
    const newcomer = results[0]?.then(() => limiter.run(yes, controlled(log, "newcomer").start));
    start(0).succeed();
    await results[0];
    await Promise.resolve();
    expect(log).toEqual(["a", "b"]);
    start(1).succeed();
    await results[1];
    await Promise.resolve();
    expect(log).toEqual(["a", "b", "newcomer"]);
    expect(newcomer).toBeInstanceOf(Promise);
  });

  test("that a client waits for go first, and find places that the others can not take", async () => {
    const log: string[] = [];
    const limiter = new StartLimiter(4);
    const background = [..."abc"].map((name) => controlled(log, name));
    const results = background.map(({ start }) => limiter.run(no, start));
    expect(log).toEqual(["a", "b"]);
    const client = controlled(log, "client");
    const served = limiter.run(yes, client.start);
    expect(log).toEqual(["a", "b", "client"]);
    client.succeed();
    expect(await served).toBe("client");
    expect(log).not.toContain("c");
    background[0]?.succeed();
    await results[0];
    expect(log).toContain("c");
    for (const start of background) start.succeed();
    await Promise.all(results);
  });

  test("that a client begins to wait for go before the others", async () => {
    const log: string[] = [];
    const limiter = new StartLimiter(1);
    let wanted = false;
    const [first, second, third] = [..."abc"].map((name) => controlled(log, name));
    if (!first || !second || !third) throw new Error("three starts");
    const results = [
      limiter.run(yes, first.start),
      limiter.run(no, second.start),
      limiter.run(() => wanted, third.start),
    ];
    wanted = true;
    limiter.review();
    first.succeed();
    await results[0];
    expect(log).toEqual(["a", "c"]);
    third.succeed();
    second.succeed();
    await Promise.all(results);
  });
});
