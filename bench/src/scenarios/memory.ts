import { setTimeout as delay } from "node:timers/promises";
import { residentMbOf } from "../measure/processes.ts";
import { slope } from "../measure/statistics.ts";
import { fixtures } from "../targets/catalog.ts";
import { launchGateway } from "../targets/gateway.ts";
import { launchPeer } from "../targets/peers/launch-peer.ts";
import { peers } from "../targets/peers/peers.ts";
import type { RunningTarget } from "../targets/target.ts";
import { type Lab, launch, type Scenario, takingTurns } from "./scenario.ts";
import { tolerance } from "./tolerance.ts";

const STEPS = 5;
const MOST_ROUNDS = 3;
const FEW_SESSIONS = 200;
const MANY_SESSIONS = 2_000;

/** What a process holds that nobody has used yet, by the size of the catalog. */
export const idleScenario: Scenario = async (lab) => {
  const { launcher, omg, results, sizes } = lab;
  const hold = async (target: RunningTarget) => {
    await using held = target;
    await delay(sizes.idleMs);
    return residentMbOf(held.own());
  };
  const gateways = ([1, 50, 500] as const).map((servers) => async () => {
    const memory = await hold(await launchGateway(launcher, { omg, catalog: fixtures(servers, 3) }));
    results.add(`idle-${servers} memory`, "gateway", memory);
  });
  const hello = async () => {
    const memory = await hold(await launch(lab, "hello"));
    for (const servers of [1, 50, 500] as const) results.add(`idle-${servers} memory`, "hello", memory);
  };
  const others = (["hono", "forwarder", "by-hand"] as const).map((name) => async () => {
    results.add("idle-1 memory", name, await hold(await launch(lab, name)));
  });
  const tolerate = tolerance(lab);
  const theirs = lab.peers.map((peer) => () => {
    const measure = async () =>
      results.add("idle-1 memory", peer.name, await hold(await launchPeer(launcher, peer)));
    return tolerate(peer.name, measure);
  });
  // All at once: they only wait.
  for (let round = 0; round < sizes.rounds; round++) {
    await Promise.all([hello, ...gateways, ...others, ...theirs].map((measure) => measure()));
  }
};

/** What sessions take: opened, used once and left open. */
export const sessionScenario: Scenario = async (lab) => {
  const { launcher, sizes } = lab;
  const tolerate = tolerance(lab);
  const ours = (["by-hand", "gateway"] as const).map((name) => () => measureSessions(lab, launch(lab, name)));
  const theirs = lab.peers.map((peer) => () => {
    const { fewSessions } = peers[peer.name];
    return tolerate(peer.name, async () => {
      if (fewSessions !== undefined) throw new Error(`Not tried: ${fewSessions}`);
      await measureSessions(lab, launchPeer(launcher, peer));
    });
  });
  await takingTurns([...ours, ...theirs], Math.min(MOST_ROUNDS, sizes.rounds), (measure) => measure());
};

async function measureSessions({ results, sizes }: Lab, starting: Promise<RunningTarget>): Promise<void> {
  await using target = await starting;
  const { name } = target;
  const step = sizes.sessionStep;
  const points: [number, number][] = [];
  await target.openSessions(Math.min(FEW_SESSIONS, step));
  if (step > FEW_SESSIONS) results.add("session few", name, residentMbOf(target.own()));
  // The first step warms the process up.
  await target.openSessions(Math.max(0, step - FEW_SESSIONS));
  for (let open = 2 * step; open <= (STEPS + 1) * step; open += step) {
    await target.openSessions(step);
    const memory = residentMbOf(target.own());
    points.push([open, memory * 1024]);
    if (open === MANY_SESSIONS) results.add("session many", name, memory);
  }
  results.add("session memory", name, slope(points));
}
