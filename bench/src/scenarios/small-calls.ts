import { holds } from "../client/conversation.ts";
import { load } from "../client/load.ts";
import type { CallsThrough } from "../measure/figures.ts";
import { cpuMsOf } from "../measure/processes.ts";
import { watchMemory } from "../measure/watch-memory.ts";
import type { OpenLanes, RunningTarget } from "../targets/target.ts";
import { type Lab, launch, launchPeers, type Scenario, withTargets } from "./scenario.ts";
import { tolerance } from "./tolerance.ts";

const IN_FLIGHT = 64;
const TEXT = "a small text";
const TARGETS = ["direct", "hello", "hono", "forwarder", "by-hand", "gateway"] as const;

/** Small calls, 64 in flight, over one session and over 64. */
export const loadScenario: Scenario = (lab) =>
  withAll(lab, lab.sizes.rounds, async (target) => {
    await measureLoad(lab, target, { figures: "load-1", sessions: 1 });
    if (target.name !== "direct") await measureLoad(lab, target, { figures: "load-64", sessions: 64 });
  });

/**
 * Small calls, one at a time. Which process shares a processor with which decides about half of such a time, and changes
 * from round to round: many short ones tell more than a few long ones.
 */
export const singleScenario: Scenario = (lab) =>
  withAll(lab, lab.sizes.rounds * 2, (target) => measureSingle(lab, target, "single p50"));

async function withAll(lab: Lab, rounds: number, measure: (target: RunningTarget) => Promise<void>) {
  const tolerate = tolerance(lab);
  const targets = [...TARGETS.map((name) => launch(lab, name)), ...launchPeers(lab)];
  await withTargets(targets, rounds, (target) => tolerate(target.name, () => measure(target)));
}

type Upstream = "http-json" | "http-sse" | CallsThrough;

/** Measures small calls, one at a time. */
export async function measureSingle(
  { sizes, results }: Lab,
  target: RunningTarget,
  figure: "single p50" | `${Upstream} single`,
): Promise<void> {
  await using lanes = await target.open(1, 1);
  const calls = echoes(lanes);
  await load(calls, sizes.warmMs);
  results.add(figure, target.name, (await load(calls, sizes.loadMs / 4)).p50);
}

export interface LoadOptions {
  /** What the names of the figures begin with. */
  readonly figures: "load-1" | "load-64" | Upstream;
  readonly sessions: number;
}

/** Measures small calls, 64 in flight. */
export async function measureLoad(
  { sizes, results }: Lab,
  target: RunningTarget,
  { figures, sessions }: LoadOptions,
): Promise<void> {
  const { name } = target;
  await using lanes = await target.open(IN_FLIGHT, sessions);
  const calls = echoes(lanes);
  await load(calls, sizes.warmMs);
  const own = target.own();
  const mostMemory = watchMemory(own);
  const before = cpuMsOf(own);
  const { calls: count, perSecond, p99 } = await load(calls, sizes.loadMs);
  const memory = mostMemory();
  results.add(`${figures} rate`, name, perSecond);
  results.add(`${figures} p99`, name, p99);
  if (own.length === 0) return;
  results.add(`${figures} cpu`, name, ((cpuMsOf(own) - before) * 1000) / count);
  results.add(`${figures} memory`, name, memory);
}

function echoes(lanes: OpenLanes) {
  return lanes.tool("echo", { text: TEXT }, holds(TEXT));
}
