import { expect, test } from "vitest";
import { slopePerHour } from "./slope.ts";

const at = (values: readonly number[]) => values.map((value, turn) => ({ seconds: turn * 60, value }));

test("a steady growth is its slope, and single peaks do not move it", () => {
  const steady = Array.from({ length: 30 }, (_, turn) => 100 + turn);
  expect(slopePerHour(at(steady))).toBeCloseTo(60);
  const withPeaks = steady.map((value, turn) => (turn % 10 === 9 ? value + 5000 : value));
  expect(slopePerHour(at(withPeaks))).toBeCloseTo(60, -1);
  expect(slopePerHour(at(steady.map(() => 7)))).toBe(0);
});
