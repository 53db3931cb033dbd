import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { exitOnInterruption } from "../../apps/gateway/test/support/take-along.ts";
import { isEngineRequired } from "../../packages/runtime-docker/test/support/engine.ts";
import { lackOfEngine, removeAllContainers } from "../support/containers.ts";
import { type FrontName, fronts } from "../support/fronts/front.ts";
import { inTime } from "../support/in-time.ts";
import { cases } from "./cases/all.ts";
import type { EvilCase, Upstream } from "./evil-case.ts";
import { nameOf, report, reportNotInContainers, type Verdict } from "./report.ts";
import { type Trial, tryOut } from "./trial.ts";

// Puts every evil server behind a real gateway, and a client before each of its fronts: what callers see must be what is
// promised, the honest server beside it must not notice, and nothing may be left behind.
//
//     npm run evil -- [--brief] [--only E05,E13] [--front stdio] [--upstream container] [--jobs 2] [RESULTS.json]
//
// A brief run has those servers at one front to which fronts make no difference, and all containers. Without an engine,
// containers are skipped; where OMG_REQUIRED_ENGINES lists docker, that is a failure.

const { values, positionals } = parseArgs({
  options: {
    brief: { type: "boolean", default: false },
    only: { type: "string" },
    front: { type: "string" },
    upstream: { type: "string" },
    jobs: { type: "string", default: "3" },
  },
  allowPositionals: true,
});

exitOnInterruption(removeAllContainers);
/** For one trial, on a busy machine. */
const longestMs = 120_000;
const only = values.only?.split(",");
const chosen = cases.filter(({ id, mode }) => !only || only.includes(id) || only.includes(mode));
const wanted: readonly Trial[] = chosen
  .flatMap((evil) =>
    upstreamsOf(evil).flatMap((upstream) =>
      frontsOf(evil, upstream).map((front) => ({ evil, upstream, front })),
    ),
  )
  .filter(
    ({ front, upstream }) => (values.front ?? front) === front && (values.upstream ?? upstream) === upstream,
  );
const inContainers = wanted.filter(({ upstream }) => upstream === "container");
const skipped = lackOfEngine === undefined || isEngineRequired ? [] : inContainers;
const trials = wanted.filter((trial) => !skipped.includes(trial));

const start = performance.now();
const verdicts = await judgeAll();
const seconds = Math.round((performance.now() - start) / 1000);
const failed = verdicts.filter(({ outcome }) => !outcome).length;
const passed = verdicts.length - failed;
const [results] = positionals;
if (results !== undefined) {
  const reasons = skipped.map((trial) => ({ name: nameOf(trial), reason: lackOfEngine }));
  writeFileSync(results, JSON.stringify({ passed, failed, skipped: reasons }));
}
process.stdout.write(`\n${report(verdicts)}\n`);
if (inContainers.length > 0) process.stdout.write(reportNotInContainers(chosen));
if (skipped.length > 0)
  process.stdout.write(`skipped: ${skipped.length} servers in containers: ${lackOfEngine}\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped (${seconds} s)\n`);
await removeAllContainers();
// What a trial without end still holds must not hold this process.
process.exit(failed > 0 || passed === 0 ? 1 : 0);

function upstreamsOf({ upstreams, notInContainers }: EvilCase): readonly Upstream[] {
  const isMeant = upstreams.includes("stdio") && notInContainers === undefined;
  return isMeant ? [...upstreams, "container"] : upstreams;
}

function frontsOf(evil: EvilCase, upstream: Upstream): readonly FrontName[] {
  const all = (values.brief ? evil.briefly : undefined) ?? evil.fronts ?? fronts;
  return values.brief && upstream === "container" ? all.slice(0, 1) : all;
}

/** As many at a time as there are jobs; gives the verdicts in the order of the trials. */
async function judgeAll(): Promise<readonly Verdict[]> {
  const judged: Verdict[] = [];
  let next = 0;
  let done = 0;
  const work = async () => {
    while (next < trials.length) {
      const index = next++;
      const verdict = await judge(trials[index] as Trial);
      judged[index] = verdict;
      const count = `${++done}/${trials.length}`.padStart(9);
      process.stdout.write(`${count} ${verdict.outcome ? "ok  " : "FAIL"} ${nameOf(verdict.trial)}\n`);
    }
  };
  await Promise.all(Array.from({ length: Number(values.jobs) }, work));
  return judged;
}

async function judge(trial: Trial): Promise<Verdict> {
  try {
    return { trial, outcome: await inTime(longestMs, tryOut(trial)) };
  } catch (error) {
    return { trial, outcome: undefined, fault: error instanceof Error ? error.message : String(error) };
  }
}
