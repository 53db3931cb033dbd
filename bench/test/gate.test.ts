import { describe, expect, test } from "vitest";
import { type Interval, intervalOf, reachOf } from "../src/gate/interval.ts";
import { samplePairs } from "../src/gate/sampling.ts";
import { judgeGate } from "../src/gate/verdict.ts";

describe("the interval of a ratio", () => {
  test("is that of Student's t, on logarithms", () => {
    const pairs = [1.8, 2, 2.2, 2.1].map((ratio) => ({ ours: ratio * 30, theirs: 30 }));
    const { ratio, low, high } = intervalOf(pairs);
    expect(ratio).toBeCloseTo(2.0195, 4);
    // 3.1824 standard errors (0.04361), three degrees of freedom.
    expect(Math.log(high / ratio)).toBeCloseTo(0.1388, 2);
    expect(low * high).toBeCloseTo(ratio ** 2);
  });

  test("is of the pairs: what slows both down leaves it alone", () => {
    const pairs = [10, 40, 90].map((theirs) => ({ ours: theirs * 2, theirs }));
    expect(intervalOf(pairs)).toEqual({ ratio: 2, low: 2, high: 2 });
  });

  test("takes more than one pair", () => {
    expect(() => intervalOf([{ ours: 1, theirs: 1 }])).toThrow("two pairs");
  });
});

describe("sampling", () => {
  const bounds = { reach: 0.04, leastPairs: 8, mostPairs: 20, mostMs: 1_000 };

  test("ends as soon as the interval is tight, but not before there are some pairs", async () => {
    const pairs = await samplePairs({ ...bounds, ours: async () => 60, theirs: async () => 30 });
    expect(pairs).toHaveLength(8);
  });

  test("goes on for as many pairs as it takes", async () => {
    let round = 0;
    const ours = async () => 60 + (round++ % 2 === 0 ? 3.3 : -3.3);
    const pairs = await samplePairs({ ...bounds, ours, theirs: async () => 30 });
    expect(pairs.length).toBeGreaterThan(8);
    expect(pairs.length).toBeLessThan(20);
    expect(reachOf(intervalOf(pairs))).toBeLessThanOrEqual(0.04);
  });

  test("ends at the most pairs, and at the most time", async () => {
    let round = 0;
    const ours = async () => (round++ % 2 === 0 ? 30 : 120);
    const wild = { ...bounds, ours, theirs: async () => 30 };
    expect(await samplePairs(wild)).toHaveLength(20);
    let time = 0;
    const now = () => {
      time += 100;
      return time;
    };
    expect(await samplePairs({ ...wild, now })).toHaveLength(11);
  });

  test("lets the other one begin each time", async () => {
    const order: string[] = [];
    const measure = (name: string) => async () => order.push(name);
    await samplePairs({ ...bounds, mostPairs: 3, ours: measure("a"), theirs: measure("b") });
    expect(order.join("")).toBe("abbaab");
  });
});

describe("the gate", () => {
  const recorded = { ratio: 2, low: 1.9, high: 2.1, what: "", date: "2026-11-26", node: "v24", pairs: 8 };
  const tight = (ratio: number): Interval => ({ ratio, low: ratio / 1.03, high: ratio * 1.03 });
  const wide = (ratio: number): Interval => ({ ratio, low: ratio / 1.2, high: ratio * 1.2 });

  test("judges by the ratio where the interval is tight", () => {
    expect(judgeGate(tight(2.69), recorded).passed).toBe(true);
    expect(judgeGate(tight(2.71), recorded)).toMatchObject({ passed: false, limit: 2.7 });
  });

  test("judges by the lower end where it is not, and says so", () => {
    expect(judgeGate(wide(3.2), recorded)).toMatchObject({
      passed: true,
      text: expect.stringContaining("too busy"),
    });
    expect(judgeGate(wide(3.3), recorded).passed).toBe(false);
  });
});
