import { writeFileSync } from "node:fs";
import { repositoryRoot } from "../../../scripts/packages/pack.ts";
import { run as runCommand } from "../../../scripts/packages/run.ts";
import { publishedFile } from "./published.ts";
import { type Run, writtenRun } from "./run.ts";

/** Makes a run the one that the documentation quotes. */
export async function publish(run: Run): Promise<void> {
  writeFileSync(publishedFile, `${JSON.stringify(writtenRun(run), rounded, 1)}\n`);
  await runCommand(process.execPath, ["scripts/docs/generate.ts"], { cwd: repositoryRoot });
}

/** Four digits are more than any of it means. */
function rounded(_: string, value: unknown): unknown {
  return typeof value === "number" ? Number(value.toPrecision(4)) : value;
}
