import { isLarge } from "../client/conversation.ts";
import { type Call, load } from "../client/load.ts";
import { cpuMsOf } from "../measure/processes.ts";
import type { RunningTarget } from "../targets/target.ts";
import { type Lab, launch, launchPeers, type Scenario, withTargets } from "./scenario.ts";
import { tolerance } from "./tolerance.ts";

const IN_FLIGHT = 8;
const sizes = { "large-100k": 100 * 1024, "large-1m": 1024 * 1024 } as const;

/** Results of 100 KB and of 1 MB, eight in flight. */
export const largeScenario: Scenario = (lab) => {
  const tolerate = tolerance(lab);
  return withTargets(
    [
      ...(["direct", "forwarder", "by-hand", "gateway"] as const).map((name) => launch(lab, name)),
      ...launchPeers(lab),
    ],
    lab.sizes.rounds,
    (target) =>
      tolerate(target.name, async () => {
        for (const figures of ["large-100k", "large-1m"] as const) {
          await using lanes = await target.open(IN_FLIGHT, 1);
          const bytes = sizes[figures];
          await measureBytes(lab, target, figures, lanes.tool("payload", { bytes }, isLarge(bytes)));
        }
      }),
  );
};

/** Measures calls that cost by their bytes. */
export async function measureBytes(
  { sizes, results }: Lab,
  target: RunningTarget,
  figures: "large-100k" | "large-1m" | "arguments",
  calls: readonly Call[],
): Promise<void> {
  await load(calls, sizes.warmMs);
  const own = target.own();
  const before = cpuMsOf(own);
  const { calls: count, perSecond } = await load(calls, sizes.loadMs / 2);
  results.add(`${figures} rate`, target.name, perSecond);
  if (own.length > 0) results.add(`${figures} cpu`, target.name, (cpuMsOf(own) - before) / count);
}
