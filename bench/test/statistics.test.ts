import { describe, expect, test } from "vitest";
import { median, pairwise, quantile, slope, summarize } from "../src/measure/statistics.ts";

describe("statistics", () => {
  test("the median is the middle value, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 3])).toBe(4);
    expect(median([7])).toBe(7);
  });

  test("values are ordered as numbers", () => {
    expect(summarize([100, 9, 20])).toEqual({ median: 20, low: 9, high: 100 });
  });

  test("a quantile is a value that was measured", () => {
    const values = Array.from({ length: 200 }, (_, index) => 200 - index);
    expect(quantile(values, 0.99)).toBe(198);
    expect(quantile(values, 0.5)).toBe(100);
    expect(quantile(values, 1)).toBe(200);
    expect(quantile([3], 0.99)).toBe(3);
  });

  test("two targets are compared within each round, not by their medians", () => {
    expect(pairwise([10, 40, 90], [10, 20, 30], (our, their) => our / their)).toEqual({
      median: 2,
      low: 1,
      high: 3,
    });
  });

  test("a slope is the best line's, wherever it begins", () => {
    expect(slope([1, 2, 3, 4].map((x) => [x * 500, 70_000 + x * 15_000] as const))).toBeCloseTo(30);
    expect(
      slope([
        [0, 0],
        [1, 3],
        [2, 2],
      ]),
    ).toBeCloseTo(1);
  });

  test("nothing measured is an error, not a zero", () => {
    expect(() => median([])).toThrow("Nothing was measured");
    expect(() => summarize([])).toThrow("Nothing was measured");
    expect(() => quantile([], 0.5)).toThrow("Nothing was measured");
    expect(() => slope([[1, 1]])).toThrow("two different points");
  });
});
