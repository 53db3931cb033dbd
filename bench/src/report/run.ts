import type { Machine } from "../measure/machine.ts";
import type { Results } from "../measure/results.ts";

/** Everything that is known of one run. */
export interface Run {
  /** Before it began. */
  readonly machine: Machine;
  /** For each scenario the share of the processors that others took meanwhile, 0 to 1. */
  readonly others: Readonly<Record<string, number>>;
  readonly rounds: number;
  readonly seconds: number;
  readonly results: Results;
}
