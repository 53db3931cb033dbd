import { load } from "../client/load.ts";
import { holds } from "../client/mcp-client.ts";
import { cpuMsOf } from "../measure/processes.ts";
import { watchMemory } from "../measure/watch-memory.ts";
import type { OpenLanes, RunningTarget, TargetName } from "../targets/target.ts";
import { type Lab, launch, type Scenario, withTargets } from "./scenario.ts";

const IN_FLIGHT = 64;
const TEXT = "a small text";
const TARGETS: readonly TargetName[] = ["direct", "hello", "forwarder", "by-hand", "gateway"];

/** Small calls, 64 in flight, over one session and over 64. */
export const loadScenario: Scenario = (lab) =>
  withTargets(
    TARGETS.map((name) => launch(lab, name)),
    lab.sizes.rounds,
    async (target) => {
      await measureLoad(lab, target, 1);
      if (target.name !== "direct") await measureLoad(lab, target, 64);
    },
  );

/** Small calls, one at a time. */
export const singleScenario: Scenario = (lab) =>
  withTargets(
    TARGETS.map((name) => launch(lab, name)),
    lab.sizes.rounds,
    async (target) => {
      using lanes = await target.open(1, 1);
      const calls = echoes(lanes);
      await load(calls, lab.sizes.warmMs);
      lab.results.add("single p50", target.name, (await load(calls, lab.sizes.loadMs / 2)).p50);
    },
  );

async function measureLoad({ sizes, results }: Lab, target: RunningTarget, sessions: 1 | 64): Promise<void> {
  const { name } = target;
  using lanes = await target.open(IN_FLIGHT, sessions);
  const calls = echoes(lanes);
  await load(calls, sizes.warmMs);
  const own = target.own();
  const mostMemory = watchMemory(own);
  const before = cpuMsOf(own);
  const { calls: count, perSecond, p99 } = await load(calls, sizes.loadMs);
  const memory = mostMemory();
  results.add(`load-${sessions} rate`, name, perSecond);
  results.add(`load-${sessions} p99`, name, p99);
  if (own.length === 0) return;
  results.add(`load-${sessions} cpu`, name, ((cpuMsOf(own) - before) * 1000) / count);
  results.add(`load-${sessions} memory`, name, memory);
}

function echoes(lanes: OpenLanes) {
  return lanes.tool("echo", { text: TEXT }, holds(TEXT));
}
