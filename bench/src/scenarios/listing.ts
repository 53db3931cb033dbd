import { holds } from "../client/conversation.ts";
import { allAtOnce, load } from "../client/load.ts";
import { listed } from "../measure/figures.ts";
import { launchGateway } from "../targets/gateway.ts";
import { launchByHand, launchForwarder } from "../targets/programs.ts";
import type { OpenLanes, RunningTarget } from "../targets/target.ts";
import { remembered } from "./remembered.ts";
import { type Lab, launch, type Scenario, takingTurns, withTargets } from "./scenario.ts";

const TOOLS = 10;
const PATIENCE_MS = 10_000;

/** The list of 10, 100 and 500 tools: of 1, 10 and 50 servers behind the gateway, of one with all behind the others. */
export const listingScenario: Scenario = async (lab) => {
  const { launcher, omg, sizes } = lab;
  for (const servers of listed) {
    const { home, catalog } = await remembered(lab, servers, TOOLS);
    const fixture = ["--tools", String(servers * TOOLS)];
    const targets = [
      launchForwarder(launcher, { fixture }),
      launchByHand(launcher, { fixture }),
      launchGateway(launcher, { omg, catalog, home }),
    ];
    let round = 0;
    await withTargets(targets, sizes.rounds, (target) =>
      measureList(lab, target, servers, `change ${++round}`),
    );
  }
};

async function measureList(
  { sizes, results }: Lab,
  target: RunningTarget,
  servers: (typeof listed)[number],
  text: string,
): Promise<void> {
  await using lanes = await target.open(1, 1);
  const calls = lanes.list();
  await load(calls, sizes.warmMs);
  results.add(`listing-${servers} p50`, target.name, (await load(calls, sizes.loadMs / 2)).p50);
  await allAtOnce(lanes.tool("change", { text }, holds(text)));
  results.add(`listing-${servers} changed`, target.name, await untilListed(lanes, text));
}

/** How long until the list shows a text, asked for again and again. */
async function untilListed(lanes: OpenLanes, text: string): Promise<number> {
  const start = performance.now();
  let shown = false;
  const calls = lanes.list((answer) => {
    shown = holds(text)(answer);
    return true;
  });
  while (!shown) {
    await allAtOnce(calls);
    if (performance.now() - start > PATIENCE_MS) throw new Error("A change is not listed");
  }
  return performance.now() - start;
}

/** From the start of the process to the list of servers that an earlier run got to know. */
export const rememberedScenario: Scenario = async (lab) => {
  const { launcher, omg, results, sizes } = lab;
  const gateways = [];
  for (const servers of listed) {
    const kept = await remembered(lab, servers, TOOLS);
    gateways.push(async () => {
      const before = performance.now();
      await using target = await launchGateway(launcher, { omg, ...kept });
      await using lanes = await target.open(1, 1);
      const count = await lanes.countTools();
      results.add(`remembered-${servers} warm`, "gateway", performance.now() - before);
      results.add(`remembered-${servers} listed`, "gateway", count);
      results.add(`remembered-${servers} started`, "gateway", target.fixtures());
    });
  }
  const hello = async () => {
    const before = performance.now();
    await using target = await launch(lab, "hello");
    await using lanes = await target.open(1, 1);
    await allAtOnce(lanes.list());
    const elapsed = performance.now() - before;
    for (const servers of listed) results.add(`remembered-${servers} warm`, "hello", elapsed);
  };
  await takingTurns([hello, ...gateways], sizes.starts, (measure) => measure());
};
