import { aimsTable } from "./aims-table.ts";
import { besideTable } from "./beside.ts";
import { percent } from "./cells.ts";
import { failuresList, measuredTables } from "./measured.ts";
import type { Run } from "./run.ts";

/** The whole run as Markdown: aims first, then everything that was measured. */
export function markdown(run: Run): string {
  const { results } = run;
  const failures = failuresList(results);
  return [
    "# Benchmark",
    circumstances(run),
    "Medians, with the range of all rounds. Quote ratios and differences only, and only within one run.",
    "## Aims",
    aimsTable(results),
    "## Beside others",
    besideTable(results),
    ...(failures === "" ? [] : ["## Not measured", failures]),
    measuredTables(results, 2),
    "",
  ].join("\n\n");
}

/** Where and under what circumstances a run took place. */
export function circumstances({ machine, others, rounds, seconds }: Run): string {
  const shares = Object.entries(others).map(([name, share]) => `${name} ${percent(share)}`);
  return [
    `${machine.date}: Node ${machine.node}, ${machine.platform}, kernel ${machine.kernel}, ${machine.cores} cores ` +
      `(${machine.cpu}), ${machine.memoryGb} GB; ${rounds} rounds, ${Math.round(seconds / 60)} minutes.`,
    `Before: load ${machine.load.toFixed(2)}, ${percent(machine.idleShare)} idle. Share of the processors that others ` +
      `took meanwhile: ${shares.join(", ")}.`,
  ].join("\n\n");
}
