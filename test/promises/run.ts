import { writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { exitOnInterruption } from "../../apps/gateway/test/support/take-along.ts";
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

const longestMs = 10 * 60_000;
const only = values.only?.split(",");
const size: Size = values.gates ? "gate" : "full";
const chosen = rows.filter(({ id }) => (values.gates ? gates.has(id) : true) && (!only || only.includes(id)));
let passed = 0;
let failed = 0;

exitOnInterruption(endAllScenes);
for (const row of chosen) {
  const start = performance.now();
  const [verdict, seen] = await judge(row);
  print(row, verdict, seen, performance.now() - start);
}
const [results] = positionals;
if (results !== undefined) writeFileSync(results, JSON.stringify({ passed, failed }));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed > 0 || passed === 0 ? 1 : 0);

async function judge(row: Row): Promise<["ok" | "FAIL", string]> {
  const judged = new AbortController();
  try {
    const seen = await Promise.race([row.run(size), tooLong(judged.signal)]);
    passed++;
    return ["ok", seen];
  } catch (error) {
    failed++;
    return ["FAIL", error instanceof Error ? error.message : String(error)];
  } finally {
    judged.abort();
  }
}

/** Rejects when a row takes longer than any may on a busy machine. */
async function tooLong(judged: AbortSignal): Promise<never> {
  await delay(longestMs, undefined, { signal: judged });
  await endAllScenes();
  throw new Error(`nothing was seen in ${longestMs / 60_000} minutes`);
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
