import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { fronts } from "../support/fronts/front.ts";
import { cases } from "./cases/all.ts";
import { behaviours } from "./server/behaviours.ts";
import { type Trial, tryOut } from "./trial.ts";

// Puts every evil server behind a real gateway, and a client before each of its fronts: what callers see must be what is
// promised, the honest server beside it must not notice, and nothing may be left behind.
//
//     npm run evil -- [--only E05,E13] [--front stdio] [--upstream http] [--jobs 2] [RESULTS.json]

const { values, positionals } = parseArgs({
  options: {
    only: { type: "string" },
    front: { type: "string" },
    upstream: { type: "string" },
    jobs: { type: "string", default: "3" },
  },
  allowPositionals: true,
});

interface Verdict extends Trial {
  readonly seen: string;
  readonly failed: boolean;
}

const only = values.only?.split(",");
const waiting: Trial[] = cases
  .filter(({ id, mode }) => !only || only.includes(id) || only.includes(mode))
  .flatMap((evil) => evil.upstreams.flatMap((upstream) => fronts.map((front) => ({ evil, upstream, front }))))
  .filter(
    ({ front, upstream }) => (values.front ?? front) === front && (values.upstream ?? upstream) === upstream,
  );
const verdicts: Verdict[] = [];

await Promise.all(Array.from({ length: Number(values.jobs) }, work));
const failed = verdicts.filter((verdict) => verdict.failed).length;
const passed = verdicts.length - failed;
const [results] = positionals;
if (results !== undefined) writeFileSync(results, JSON.stringify({ passed, failed }));
process.stdout.write(`${passed} passed, ${failed} failed\n`);
if (failed > 0 || passed === 0) process.exitCode = 1;

async function work(): Promise<void> {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const verdict = await judge(next);
    verdicts.push(verdict);
    print(verdict);
  }
}

async function judge(trial: Trial): Promise<Verdict> {
  try {
    return { ...trial, seen: await tryOut(trial), failed: false };
  } catch (error) {
    return { ...trial, seen: error instanceof Error ? error.message : String(error), failed: true };
  }
}

function print({ evil, upstream, front, seen, failed }: Verdict): void {
  const what = behaviours.get(evil.mode)?.what ?? evil.mode;
  const place = `${upstream} behind ${front}`;
  const line = `${failed ? "FAIL" : "ok  "} ${evil.id} ${what.padEnd(50)} ${place.padEnd(26)} ${seen}`;
  process.stdout.write(`${line}\n`);
}
