import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lookAtMachine, watchOthers } from "./measure/machine.ts";
import { Results } from "./measure/results.ts";
import { readOptions, usage } from "./options.ts";
import { argumentsOr, runProgram, say } from "./program.ts";
import { markdown } from "./report/markdown.ts";
import type { Run } from "./report/run.ts";
import { judge } from "./report/verdicts.ts";
import { scenarios } from "./scenarios/all.ts";
import { fullSizes, quickSizes } from "./scenarios/sizes.ts";
import { installGateway } from "./targets/install.ts";
import type { Launcher } from "./targets/launcher.ts";

// Measures the gateway as users install it, beside what Node can do without one.
await runProgram({ longestMs: 30 * 60_000, main });

async function main(launcher: Launcher): Promise<void> {
  const options = argumentsOr(usage, readOptions);
  if (options === undefined) return;
  const omg =
    options.gateway ?? (await installGateway(options.keep ?? join(launcher.folder, "install"), say));
  const sizes = options.quick ? quickSizes : fullSizes;
  const results = new Results();
  const machine = await lookAtMachine();
  const others: Record<string, number> = {};
  const start = performance.now();
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    say(`Measuring: ${name}`);
    const shareOfOthers = watchOthers();
    await scenario({ launcher, omg, sizes, results });
    others[name] = shareOfOthers();
  }
  const seconds = (performance.now() - start) / 1000;
  const run: Run = { machine, others, rounds: sizes.rounds, seconds, results };
  const text = markdown(run);
  process.stdout.write(text);
  if (options.markdown !== undefined) writeFileSync(options.markdown, text);
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ ...run, verdicts: judge(results) }, undefined, 2)}\n`);
  }
}
