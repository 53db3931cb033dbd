import { describe, expect, test } from "vitest";
import { Backoff } from "../src/pool/backoff.ts";

const jitters = [
  ["the smallest jitter", () => 0],
  ["the largest jitter", () => 1 - Number.EPSILON],
] as const;

/** When a server is started that is tried again as soon as it may be: milliseconds from the first start. */
function startsWithin(ms: number, delayAfter: (start: number) => number): number[] {
  const starts: number[] = [];
  for (let now = 0; now < ms; now += delayAfter(starts.length)) {
    starts.push(now);
    if (starts.length > 100) break;
  }
  return starts;
}

describe.each(jitters)("with %s", (_name, random) => {
  test("a server that never starts is started six times in the first minute at most", () => {
    const backoff = new Backoff(undefined, random);
    const starts = startsWithin(60_000, () => backoff.startFailed());
    expect(starts.length).toBeGreaterThan(3);
    expect(starts.length).toBeLessThanOrEqual(6);
  });

  test("a server that crashes at once is started six times in the first minute at most", () => {
    const backoff = new Backoff(undefined, random);
    const starts = startsWithin(60_000, () => backoff.instanceLost(0));
    expect(starts.slice(0, 2)).toEqual([0, 0]);
    expect(starts.length).toBeGreaterThan(3);
    expect(starts.length).toBeLessThanOrEqual(6);
  });

  test("a server that fails in turns is started six times in the first minute at most", () => {
    const backoff = new Backoff(undefined, random);
    const starts = startsWithin(60_000, (start) => {
      return start % 2 === 1 ? backoff.instanceLost(500) : backoff.startFailed();
    });
    expect(starts.length).toBeLessThanOrEqual(6);
  });

  test("no delay grows past a minute and its jitter", () => {
    const backoff = new Backoff(undefined, random);
    for (let failure = 0; failure < 2_000; failure++) {
      const delay = backoff.startFailed();
      expect(delay).toBeGreaterThanOrEqual(1_000);
      expect(delay).toBeLessThanOrEqual(72_000);
    }
    expect(backoff.startFailed()).toBeGreaterThanOrEqual(60_000);
  });
});

describe("the delay", () => {
  const delays = (next: (backoff: Backoff) => number, count: number) => {
    const backoff = new Backoff(undefined, () => 0);
    return Array.from({ length: count }, () => next(backoff));
  };

  test("doubles from one second to one minute", () => {
    expect(delays((backoff) => backoff.startFailed(), 8)).toEqual([
      1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000,
    ]);
  });

  test("is none after the first loss, and doubles from then on", () => {
    expect(delays((backoff) => backoff.instanceLost(59_999), 4)).toEqual([0, 2_000, 4_000, 8_000]);
  });

  test("is random by a fifth", () => {
    const backoff = new Backoff(undefined, () => 0.5);
    expect([backoff.startFailed(), backoff.startFailed()]).toEqual([1_100, 2_200]);
  });

  test("is no shorter than the server asks for, up to an hour, and no shorter than its own", () => {
    const backoff = new Backoff(undefined, () => 0);
    expect([backoff.startFailed(90_000), backoff.startFailed(500), backoff.startFailed(1e12)]).toEqual([
      90_000, 2_000, 3_600_000,
    ]);
  });

  test("starts over after a minute of health", () => {
    const backoff = new Backoff(undefined, () => 0);
    for (let failure = 0; failure < 5; failure++) backoff.startFailed();
    expect(backoff.instanceLost(59_999)).toBe(32_000);
    expect(backoff.instanceLost(60_000)).toBe(0);
    expect(backoff.instanceLost(0)).toBe(2_000);
  });

  test("starts over after a reset", () => {
    const backoff = new Backoff(undefined, () => 0);
    for (let failure = 0; failure < 5; failure++) backoff.startFailed();
    backoff.reset();
    expect(backoff.startFailed()).toBe(1_000);
  });
});
