import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { holds } from "./client/conversation.ts";
import { load } from "./client/load.ts";
import { intervalOf, type Pair, reachOf } from "./gate/interval.ts";
import { readRecorded, record } from "./gate/recorded.ts";
import { samplePairs } from "./gate/sampling.ts";
import { inWords, judgeGate, TIGHT } from "./gate/verdict.ts";
import { watchOthers } from "./measure/machine.ts";
import { cpuMsOf } from "./measure/processes.ts";
import { median } from "./measure/statistics.ts";
import { argumentsOr, runProgram, say } from "./program.ts";
import { launchGateway } from "./targets/gateway.ts";
import { installedOmg, installGateway } from "./targets/install.ts";
import type { Launcher } from "./targets/launcher.ts";
import { launchForwarder } from "./targets/programs.ts";
import type { RunningTarget } from "./targets/target.ts";

// Fails if a small call takes the gateway far more CPU than what is recorded, in units of what it takes the byte forwarder.
const usage = `node src/gate.ts [options]
  --record            write what is measured to recorded.json, in place of judging it
  --gateway PATH      a folder or an omg command that is installed already; default: build, pack and install
  --keep FOLDER       install into this folder and leave it there, for --gateway
`;

const IN_FLIGHT = 64;
const TEXT = "a small text";
/** Until what runs often is compiled. */
const FIRST_WARM_MS = 3_000;
const WARM_MS = 100;
const ROUND_MS = 1_000;
const sampling = { reach: TIGHT, leastPairs: 8, mostPairs: 50, mostMs: 100_000 };

await runProgram({ longestMs: 10 * 60_000, main });

async function main(launcher: Launcher): Promise<void> {
  const options = argumentsOr(usage, readOptions);
  if (options === undefined) return;
  const omg =
    options.gateway ?? (await installGateway(options.keep ?? join(launcher.folder, "install"), say));
  say("Measuring");
  const shareOfOthers = watchOthers();
  const pairs = await measurePairs(launcher, omg);
  const interval = intervalOf(pairs);
  print(`gateway ${us(pairs, "ours")} of CPU a small call, byte forwarder ${us(pairs, "theirs")}`);
  print(`ratio ${inWords(interval)}, ${pairs.length} pairs of rounds`);
  print(`others took ${Math.round(shareOfOthers() * 100)} % of the processors`);
  if (options.recording) {
    if (reachOf(interval) > TIGHT) throw new Error("Not recorded: measure again on a quieter machine");
    record(interval, pairs.length);
    return;
  }
  const recorded = readRecorded();
  print(`recorded ${inWords(recorded)}, ${recorded.date}, Node ${recorded.node}`);
  const { passed, text } = judgeGate(interval, recorded);
  print(text);
  if (!passed) process.exitCode = 1;
}

async function measurePairs(launcher: Launcher, omg: string): Promise<Pair[]> {
  await using forwarder = await launchForwarder(launcher);
  await using gateway = await launchGateway(launcher, { omg });
  await cpuUsOfCall(forwarder, FIRST_WARM_MS);
  await cpuUsOfCall(gateway, FIRST_WARM_MS);
  const pairs = samplePairs({
    ...sampling,
    ours: () => cpuUsOfCall(gateway, WARM_MS),
    theirs: () => cpuUsOfCall(forwarder, WARM_MS),
  });
  // Awaited here: both end when this function does.
  return await pairs;
}

/** Microseconds of CPU a call in one round, on connections of its own. */
async function cpuUsOfCall(target: RunningTarget, warmMs: number): Promise<number> {
  await using lanes = await target.open(IN_FLIGHT, 1);
  const calls = lanes.tool("echo", { text: TEXT }, holds(TEXT));
  await load(calls, warmMs);
  const own = target.own();
  const before = cpuMsOf(own);
  const { calls: count } = await load(calls, ROUND_MS);
  return ((cpuMsOf(own) - before) * 1000) / count;
}

function us(pairs: readonly Pair[], side: keyof Pair): string {
  return `${median(pairs.map((pair) => pair[side])).toFixed(1)} µs`;
}

function readOptions(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      record: { type: "boolean", default: false },
      gateway: { type: "string" },
      keep: { type: "string" },
    },
  });
  const { record: recording, gateway, keep } = values;
  return { recording, gateway: gateway && installedOmg(resolve(gateway)), keep: keep && resolve(keep) };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
