import { setTimeout as delay } from "node:timers/promises";
import { residentMbOf } from "../measure/processes.ts";
import { slope } from "../measure/statistics.ts";
import { launchGateway } from "../targets/gateway.ts";
import type { RunningTarget } from "../targets/target.ts";
import { launch, type Scenario, takingTurns } from "./scenario.ts";

const STEPS = 5;
const MOST_ROUNDS = 3;

/** What a process holds that nobody has used yet, by the size of the catalog. */
export const idleScenario: Scenario = async (lab) => {
  const { launcher, omg, results, sizes } = lab;
  const hold = async (target: RunningTarget) => {
    await using held = target;
    await delay(sizes.idleMs);
    return residentMbOf(held.own());
  };
  const gateways = ([1, 50, 500] as const).map((servers) => async () => {
    const memory = await hold(await launchGateway(launcher, { omg, servers }));
    results.add(`idle-${servers} memory`, "gateway", memory);
  });
  const hello = async () => {
    const memory = await hold(await launch(lab, "hello"));
    for (const servers of [1, 50, 500] as const) results.add(`idle-${servers} memory`, "hello", memory);
  };
  // All at once: they only wait.
  for (let round = 0; round < sizes.rounds; round++) {
    await Promise.all([hello, ...gateways].map((measure) => measure()));
  }
};

/** What a session more takes: opened, used once and left open. */
export const sessionScenario: Scenario = async (lab) => {
  const { results, sizes } = lab;
  await takingTurns(["by-hand", "gateway"] as const, Math.min(MOST_ROUNDS, sizes.rounds), async (name) => {
    await using target = await launch(lab, name);
    const points: [number, number][] = [];
    // The first ones warm the process up.
    await target.openSessions(sizes.sessionStep);
    for (let step = 0; step < STEPS; step++) {
      await target.openSessions(sizes.sessionStep);
      points.push([step * sizes.sessionStep, residentMbOf(target.own()) * 1024]);
    }
    results.add("session memory", name, slope(points));
  });
};
