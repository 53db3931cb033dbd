import { readFileSync } from "node:fs";
import { type Run, readRun } from "./run.ts";

/** The values of the run that the documentation quotes. */
export const publishedFile = new URL("../../../docs/benchmarks.json", import.meta.url);

/** The run that the documentation quotes. */
export function publishedRun(): Run {
  return readRun(readFileSync(publishedFile, "utf8"));
}
