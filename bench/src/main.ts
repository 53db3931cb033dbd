import { readFileSync, writeFileSync } from "node:fs";
import { measure } from "./measure-run.ts";
import { readOptions, usage } from "./options.ts";
import { argumentsOr, runProgram } from "./program.ts";
import { markdown } from "./report/markdown.ts";
import { publish } from "./report/publish.ts";
import { readRun, writtenRun } from "./report/run.ts";
import { judge } from "./report/verdicts.ts";
import type { Launcher } from "./targets/launcher.ts";

// Measures the gateway as users install it, beside what Node can do without one and beside others.
const options = argumentsOr(usage, readOptions);
const longestMs = (30 + (options?.minutes ?? 0)) * 60_000;
await runProgram({ longestMs, main });

async function main(launcher: Launcher): Promise<void> {
  if (options === undefined) return;
  const { from } = options;
  const run = from === undefined ? await measure(launcher, options) : readRun(readFileSync(from, "utf8"));
  const text = markdown(run);
  process.stdout.write(text);
  if (options.markdown !== undefined) writeFileSync(options.markdown, text);
  if (options.json !== undefined) {
    const written = { ...writtenRun(run), verdicts: judge(run.results) };
    writeFileSync(options.json, `${JSON.stringify(written, undefined, 2)}\n`);
  }
  if (options.docs) await publish(run);
}
