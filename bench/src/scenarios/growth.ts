import { holds } from "../client/conversation.ts";
import { allAtOnce, load } from "../client/load.ts";
import { type Growing, type Grown, growing } from "../measure/figures.ts";
import { cpuMsOf, residentMbOf } from "../measure/processes.ts";
import { launchGateway } from "../targets/gateway.ts";
import { type Remembered, remembered } from "./remembered.ts";
import { type Lab, type Scenario, takingTurns } from "./scenario.ts";

const IN_FLIGHT = 64;
const TOOLS = 10;
const TEXT = "a small text";

/** How a call, the list and memory grow with the servers of the catalog, one running; with sessions; with tools. */
export const growthScenario: Scenario = async (lab) => {
  const points = [];
  for (const what of Object.keys(growing) as Growing[]) {
    for (const count of growing[what].filter((most) => most <= lab.sizes.mostGrowth)) {
      const servers = what === "servers" ? count : 1;
      const kept = await remembered(lab, servers, what === "tools" ? count : TOOLS);
      points.push({ name: `${what}-${count}` as const, kept, sessions: what === "sessions" ? count : 1 });
    }
  }
  await takingTurns(points, lab.sizes.fewRounds, (point) => measurePoint(lab, point));
};

interface Point {
  readonly name: Grown;
  readonly kept: Remembered;
  readonly sessions: number;
}

async function measurePoint(lab: Lab, { name, kept, sessions }: Point): Promise<void> {
  const { launcher, omg, sizes, results } = lab;
  await using target = await launchGateway(launcher, { omg, ...kept });
  await target.openSessions(sessions);
  await using lanes = await target.open(IN_FLIGHT, 1);
  const lists = lanes.list().slice(0, 1);
  await allAtOnce(lists);
  const own = target.own();
  results.add(`${name} memory`, "gateway", residentMbOf(own));
  const calls = lanes.tool("echo", { text: TEXT }, holds(TEXT));
  await load(calls, sizes.warmMs);
  const before = cpuMsOf(own);
  const { calls: count } = await load(calls, sizes.loadMs / 2);
  results.add(`${name} cpu`, "gateway", ((cpuMsOf(own) - before) * 1000) / count);
  results.add(`${name} list`, "gateway", (await load(lists, sizes.loadMs / 4)).p50);
}
