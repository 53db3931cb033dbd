import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One check, as the suite writes it down. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
}

/** What a run came to. Checks are named as in the file of expected failures: `scenario:check`. */
export interface Verdict {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly expectedFailures: readonly string[];
  /** Expected failures that did not happen. */
  readonly stale: readonly string[];
}

export interface JudgeOptions {
  /** Checks by scenario. */
  readonly results: ReadonlyMap<string, readonly Check[]>;
  /** The scenarios that count. */
  readonly scored: readonly string[];
  /** `scenario:check`, or a whole scenario. */
  readonly expectedFailures: readonly string[];
}

/** Judges by the suite's rules, and harder: a scored scenario without results has failed, a misspelt entry is stale. */
export function judge({ results, scored, expectedFailures }: JudgeOptions): Verdict {
  let passed = 0;
  const failed: string[] = [];
  const expected: string[] = [];
  const met = new Set<string>();
  for (const scenario of scored) {
    const checks = results.get(scenario);
    if (!checks?.length) failed.push(scenario);
    for (const { id, status } of checks ?? []) {
      const name = `${scenario}:${id}`;
      const entry = expectedFailures.find((entry) => entry === name || entry === scenario);
      if (status === "SUCCESS") passed++;
      // With a list of expected failures, the suite takes a warning for a failure.
      if (status !== "FAILURE" && status !== "WARNING") continue;
      if (entry === undefined) failed.push(name);
      else {
        expected.push(name);
        met.add(entry);
      }
    }
  }
  return {
    passed,
    failed,
    expectedFailures: expected,
    stale: expectedFailures.filter((entry) => !met.has(entry)),
  };
}

/** Reads what the suite left in its output folder. */
export async function readResults(folder: string): Promise<Map<string, Check[]>> {
  const results = new Map<string, Check[]>();
  for (const name of await readdir(folder)) {
    const scenario = /^server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1];
    if (scenario === undefined) throw new Error(`The suite names its results in a new way: ${name}`);
    results.set(scenario, JSON.parse(await readFile(join(folder, name, "checks.json"), "utf8")));
  }
  return results;
}
