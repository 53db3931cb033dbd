import type { Machine } from "../measure/machine.ts";
import { type Failure, Results, type WrittenResults } from "../measure/results.ts";

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

/** A run as it is written to a file. */
export interface WrittenRun extends Omit<Run, "results"> {
  readonly results: WrittenResults;
  readonly failures: readonly Failure[];
}

/** A run for a file. */
export function writtenRun(run: Run): WrittenRun {
  return { ...run, results: run.results.toJSON(), failures: run.results.failures };
}

/** Reads a run that was written to a file. */
export function readRun(text: string): Run {
  const { results, failures, ...run }: WrittenRun = JSON.parse(text);
  return { ...run, results: Results.from(results, failures) };
}
