import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** One check, as the suite writes it down. */
export interface Check {
  readonly id: string;
  readonly status: "SUCCESS" | "FAILURE" | "WARNING" | "INFO" | "SKIPPED";
  readonly errorMessage?: string;
}

/** Checks by scenario. */
export type Results = ReadonlyMap<string, readonly Check[]>;

/** A check that should have passed. Checks are named `scenario:check`. */
export interface Fault {
  readonly name: string;
  /** In the suite's own words, where it has some. */
  readonly reason: string;
}

/** What a run came to. */
export interface Verdict {
  readonly passed: number;
  readonly failed: readonly Fault[];
}

/** What a run must come to. */
export interface Expectation {
  /** Checks that must have passed, as often as they stand here, or scenarios of which one check must have. */
  readonly required: readonly string[];
  /** Checks that cannot pass. Default: all can. */
  readonly impossible?: readonly string[];
}

/**
 * Judges harder than the suite: a warning is a failure, also in scenarios that do not count, and so is silence. What cannot
 * pass must not.
 */
export function judge(results: Results, { required, impossible = [] }: Expectation): Verdict {
  const passed = passedChecks(results);
  return {
    passed: passed.length,
    failed: [
      ...faultsIn(results).filter(({ name }) => !impossible.includes(name)),
      ...silence(results, required),
      ...impossible.filter((name) => passed.includes(name)).map((name) => ({ name, reason: possible })),
    ],
  };
}

const possible = "It has passed, and is said to be impossible";

/** The names of all checks that passed. */
export function passedChecks(results: Results): string[] {
  return [...results].flatMap(([scenario, checks]) =>
    checks.filter(({ status }) => status === "SUCCESS").map(({ id }) => `${scenario}:${id}`),
  );
}

function faultsIn(results: Results): Fault[] {
  return [...results].flatMap(([scenario, checks]) =>
    checks.filter(isFault).map(({ id, status, errorMessage }) => ({
      name: `${scenario}:${id}`,
      reason: errorMessage ?? `The suite says ${status} and nothing else`,
    })),
  );
}

/** What should have passed and is not there, in scenarios that did not fail: those leave out what comes after. */
function silence(results: Results, required: readonly string[]): Fault[] {
  const passed = passedChecks(results);
  return [...new Set(required)]
    .filter((name) => {
      const scenarioPassed = passed.some((check) => check.startsWith(`${name}:`));
      return !scenarioPassed && count(passed, name) < count(required, name);
    })
    .filter((name) => !results.get(name.split(":", 1)[0] ?? "")?.some(isFault))
    .map((name) => ({ name, reason: "It has not passed, and the suite does not say that it failed" }));
}

function count(names: readonly string[], name: string): number {
  return names.filter((other) => other === name).length;
}

function isFault({ status }: Check): boolean {
  return status === "FAILURE" || status === "WARNING";
}

/** Reads what the suite left in its output folder. */
export async function readResults(folder: string): Promise<Results> {
  const results = new Map<string, Check[]>();
  for (const name of await readdir(folder)) {
    const scenario = /^(?:server-)?(.+)-\d{4}-\d\d-\d\dT[\d-]+Z$/.exec(name)?.[1];
    if (scenario === undefined) throw new Error(`The suite names its results in a new way: ${name}`);
    results.set(scenario, await readChecks(join(folder, name, "checks.json")));
  }
  return results;
}

async function readChecks(file: string): Promise<Check[]> {
  try {
    return JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return [{ id: "suite", status: "FAILURE", errorMessage: "The scenario broke down" }];
  }
}
