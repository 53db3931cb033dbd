import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { exitOnInterruption } from "../../apps/gateway/test/support/take-along.ts";
import { removeAllContainers } from "../support/containers.ts";
import { inTime } from "../support/in-time.ts";
import type { Row, Size } from "./row.ts";
import { gates, rows } from "./rows/all.ts";
import { endAllScenes } from "./support/scene.ts";

// Puts the promises of the gateway to the test, one by one, on the real binary, and prints what was promised beside what
// was seen. The gates are the ten without which nothing else counts, in seconds.
//
//     npm run promises -- [--gates] [--only R01,R07] [RESULTS.json]

const { values, positionals } = parseArgs({
  options: { gates: { type: "boolean", default: false }, only: { type: "string" } },
  allowPositionals: true,
});

/** For one row, on a busy machine. */
const longestMs = 10 * 60_000;
const only = values.only?.split(",");
const size: Size = values.gates ? "gate" : "full";
const chosen = rows.filter(({ id }) => (values.gates ? gates.has(id) : true) && (!only || only.includes(id)));
const required = process.env.OMG_REQUIRED_ENGINES?.split(",") ?? [];
const skipped = chosen.filter(
  ({ lack, engine = "docker" }) => lack !== undefined && !required.includes(engine),
);
let passed = 0;
let failed = 0;

exitOnInterruption(endAll);
for (const row of chosen.filter((row) => !skipped.includes(row))) {
  const start = performance.now();
  const [verdict, seen] = await judge(row);
  print(row, verdict, seen, performance.now() - start);
}
const [results] = positionals;
if (results !== undefined) {
  const reasons = skipped.map(({ id, promise, lack }) => ({ name: `${id} ${promise}`, reason: lack }));
  writeFileSync(results, JSON.stringify({ passed, failed, skipped: reasons }));
}
for (const { id, promise, lack } of skipped) process.stdout.write(`skipped: ${id} ${promise}: ${lack}\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

async function judge(row: Row): Promise<["ok" | "FAIL", string]> {
  try {
    if (row.lack !== undefined) throw new Error(row.lack);
    const seen = await inTime(longestMs, row.run(size));
    passed++;
    return ["ok", seen];
  } catch (error) {
    failed++;
    // One that took too long still has what it started.
    await endAll();
    return ["FAIL", error instanceof Error ? error.message : String(error)];
  }
}

async function endAll(): Promise<void> {
  await endAllScenes();
  await removeAllContainers();
}

function print({ id, promise, figure }: Row, verdict: string, seen: string, elapsedMs: number): void {
  const seconds = `${(elapsedMs / 1000).toFixed(1)} s`;
  const lines = [
    `${verdict.padEnd(4)} ${id} ${promise} (${seconds})`,
    `promised: ${figure}`,
    `seen: ${seen}`,
  ];
  process.stdout.write(`${lines.join("\n         ")}\n`);
}
