import { load } from "../client/load.ts";
import { isLarge } from "../client/mcp-client.ts";
import { cpuMsOf } from "../measure/processes.ts";
import { launch, type Scenario, withTargets } from "./scenario.ts";

const IN_FLIGHT = 8;
const BYTES = 1024 * 1024;

/** Results of 1 MB, eight in flight. */
export const largeScenario: Scenario = (lab) =>
  withTargets(
    (["direct", "forwarder", "by-hand", "gateway"] as const).map((name) => launch(lab, name)),
    lab.sizes.rounds,
    async (target) => {
      using lanes = await target.open(IN_FLIGHT, 1);
      const calls = lanes.tool("payload", { bytes: BYTES }, isLarge(BYTES));
      await load(calls, lab.sizes.warmMs);
      const own = target.own();
      const before = cpuMsOf(own);
      const { calls: count, perSecond } = await load(calls, lab.sizes.loadMs);
      lab.results.add("large rate", target.name, perSecond);
      if (own.length > 0) lab.results.add("large cpu", target.name, (cpuMsOf(own) - before) / count);
    },
  );
