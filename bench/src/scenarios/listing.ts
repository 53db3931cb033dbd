import { setTimeout as delay } from "node:timers/promises";
import { allAtOnce, load } from "../client/load.ts";
import { launchGateway } from "../targets/gateway.ts";
import { launchByHand, launchForwarder } from "../targets/programs.ts";
import type { RunningTarget } from "../targets/target.ts";
import { launch, type Scenario, takingTurns, withTargets } from "./scenario.ts";

const SERVERS = 50;
const TOOLS = 10;
const LEARN_MS = 60_000;

/** The list of 500 tools: of 50 servers behind the gateway, of one server with all of them behind the others. */
export const listingScenario: Scenario = async ({ launcher, omg, results, sizes }) => {
  const fixture = ["--tools", String(SERVERS * TOOLS)];
  const targets = [
    launchForwarder(launcher, { fixture }),
    launchByHand(launcher, { fixture }),
    launchGateway(launcher, { omg, servers: SERVERS, tools: TOOLS }),
  ];
  await withTargets(targets, sizes.rounds, async (target) => {
    await learn(target);
    using lanes = await target.open(1, 1);
    const calls = lanes.list();
    await load(calls, sizes.warmMs);
    results.add("listing p50", target.name, (await load(calls, sizes.loadMs / 2)).p50);
  });
};

/** From the start of the process to the list of 50 servers that an earlier run got to know. */
export const rememberedScenario: Scenario = async (lab) => {
  const { launcher, omg, results, sizes } = lab;
  const home = launcher.newHome();
  const start = () => launchGateway(launcher, { omg, servers: SERVERS, tools: TOOLS, home });
  {
    await using first = await start();
    await learn(first);
  }
  const gateway = async () => {
    const before = performance.now();
    await using target = await start();
    using lanes = await target.open(1, 1);
    const listed = await lanes.countTools();
    results.add("remembered warm", "gateway", performance.now() - before);
    results.add("remembered listed", "gateway", listed);
    results.add("remembered started", "gateway", target.fixtures());
  };
  const hello = async () => {
    const before = performance.now();
    await using target = await launch(lab, "hello");
    using lanes = await target.open(1, 1);
    await allAtOnce(lanes.list());
    results.add("remembered warm", "hello", performance.now() - before);
  };
  await takingTurns([hello, gateway], sizes.starts, (measure) => measure());
};

/** Asks until the list is complete. */
async function learn(target: RunningTarget): Promise<void> {
  using lanes = await target.open(1, 1);
  const end = performance.now() + LEARN_MS;
  while ((await lanes.countTools()) < SERVERS * TOOLS) {
    if (performance.now() > end) throw new Error(`${target.name} does not list all tools`);
    await delay(50);
  }
}
