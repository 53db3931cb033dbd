import { describe, expect, test } from "vitest";
import { Results } from "../src/measure/results.ts";
import { judge } from "../src/report/verdicts.ts";

function verdictOf(results: Results, title: string) {
  return judge(results).find(({ aim }) => aim.title.startsWith(title));
}

describe("the verdict", () => {
  test("is by the median of the rounds' ratios, more being better", () => {
    const results = new Results();
    for (const rate of [500, 600, 900]) results.add("large-1m rate", "gateway", rate);
    for (const rate of [1000, 1000, 1000]) results.add("large-1m rate", "forwarder", rate);
    expect(verdictOf(results, "1 MB results/s")).toMatchObject({
      result: { median: 0.6, low: 0.5, high: 0.9 },
      firstStep: "ok",
      goal: "short",
    });
  });

  test("takes the direct way off both sides, less being better", () => {
    const results = new Results();
    results.add("single p50", "direct", 0.1);
    results.add("single p50", "forwarder", 0.3);
    results.add("single p50", "gateway", 0.5);
    const verdict = verdictOf(results, "added p50");
    expect(verdict?.result.median).toBeCloseTo(2);
    expect(verdict).toMatchObject({ firstStep: "short", goal: "short" });
  });

  test("is a difference for memory", () => {
    const results = new Results();
    results.add("idle-50 memory", "hello", 50);
    results.add("idle-50 memory", "gateway", 74);
    expect(verdictOf(results, "idle memory, 50")).toMatchObject({
      result: { median: 24 },
      firstStep: "ok",
      goal: "ok",
    });
  });

  test("is left out where something was not measured", () => {
    const results = new Results();
    results.add("large-1m rate", "gateway", 500);
    expect(judge(results)).toEqual([]);
  });
});
