import { type Interval, reachOf } from "./interval.ts";
import type { Recorded } from "./recorded.ts";

/** So many times what is recorded is too much. */
const ALLOWED = 1.35;
/** So far may the interval reach to either side before it says nothing for sure, as a share of the ratio. */
export const TIGHT = 0.04;

export interface GateVerdict {
  readonly passed: boolean;
  readonly limit: number;
  /** In words, which end with `ok` or `FAIL`. */
  readonly text: string;
}

/** Judges by the ratio; by the lower end where the interval is not tight, as the machine may have been too busy. */
export function judgeGate(interval: Interval, recorded: Recorded): GateVerdict {
  const limit = recorded.ratio * ALLOWED;
  const tight = reachOf(interval) <= TIGHT;
  const passed = (tight ? interval.ratio : interval.low) <= limit;
  const judged = tight ? "" : ", judged by the lower end: too busy a machine for a tight interval";
  const text = `limit ${limit.toFixed(2)}, ${ALLOWED} × what is recorded${judged}: ${passed ? "ok" : "FAIL"}`;
  return { passed, limit, text };
}

/** The ratio in words. */
export function inWords({ ratio, low, high }: Interval): string {
  return `${ratio.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)} with 95 % confidence)`;
}
