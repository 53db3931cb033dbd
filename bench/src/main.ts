import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lookAtMachine, watchOthers } from "./measure/machine.ts";
import { Results } from "./measure/results.ts";
import { readOptions, usage } from "./options.ts";
import { markdown } from "./report/markdown.ts";
import type { Run } from "./report/run.ts";
import { judge } from "./report/verdicts.ts";
import { scenarios } from "./scenarios/all.ts";
import { fullSizes, quickSizes } from "./scenarios/sizes.ts";
import { installGateway } from "./targets/install.ts";
import { Launcher } from "./targets/launcher.ts";

// Measures the gateway as users install it, beside what Node can do without one.
const LONGEST_MS = 30 * 60_000;

const launcher = new Launcher();
process.on("exit", () => launcher.clear());
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
setTimeout(() => {
  say(`Given up after ${LONGEST_MS / 60_000} minutes`);
  process.exit(1);
}, LONGEST_MS).unref();

try {
  await main();
} catch (error) {
  say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exitCode = 1;
}
// Whatever a failed scenario left open must not hold the process up.
process.exit();

async function main(): Promise<void> {
  const options = optionsOrHelp();
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

function optionsOrHelp() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${usage}`);
    process.exitCode = 2;
    return undefined;
  }
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
