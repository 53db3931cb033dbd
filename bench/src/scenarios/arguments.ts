import { holds } from "../client/conversation.ts";
import { measureBytes } from "./large.ts";
import { launch, launchPeers, type Scenario, withTargets } from "./scenario.ts";
import { tolerance } from "./tolerance.ts";

const IN_FLIGHT = 8;
const BYTES = 190 * 1024;
const TEXT = "a small text";

/** Arguments of 190 KB and small results, eight in flight. What express limits does not get there. */
export const argumentsScenario: Scenario = (lab) => {
  const tolerate = tolerance(lab, ["by-hand"]);
  const args = { text: TEXT, filler: "x".repeat(BYTES) };
  return withTargets(
    [
      ...(["direct", "forwarder", "by-hand", "gateway"] as const).map((name) => launch(lab, name)),
      ...launchPeers(lab),
    ],
    lab.sizes.fewRounds,
    (target) =>
      tolerate(target.name, async () => {
        await using lanes = await target.open(IN_FLIGHT, 1);
        await measureBytes(lab, target, "arguments", lanes.tool("echo", args, holds(TEXT)));
      }),
  );
};
