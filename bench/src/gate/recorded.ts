import { readFileSync, writeFileSync } from "node:fs";
import type { Interval } from "./interval.ts";

/** The ratio that later ones are held against, as `bench/recorded.json` has it. */
export interface Recorded extends Interval {
  /** What was measured, and how. */
  readonly what: string;
  /** As 2026-01-31. */
  readonly date: string;
  /** As `process.version` says it. */
  readonly node: string;
  readonly pairs: number;
}

const file = new URL("../../recorded.json", import.meta.url);
const what =
  "CPU of the gateway a small call, 64 in flight over one session, over that of the byte forwarder: geometric mean of pairs of short rounds in turns";

export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(file, "utf8")) as Recorded;
}

/** Takes the place of what was recorded before. */
export function record({ ratio, low, high }: Interval, pairs: number): void {
  const recorded: Recorded = {
    what,
    ratio: rounded(ratio),
    low: rounded(low),
    high: rounded(high),
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    pairs,
  };
  writeFileSync(file, `${JSON.stringify(recorded, undefined, 2)}\n`);
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
