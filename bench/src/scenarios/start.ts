import { allAtOnce } from "../client/load.ts";
import { holds } from "../client/mcp-client.ts";
import { launchGateway } from "../targets/gateway.ts";
import type { RunningTarget } from "../targets/target.ts";
import { launch, type Scenario, takingTurns } from "./scenario.ts";

/** From the start of the process to its first answered call. */
export const startScenario: Scenario = async (lab) => {
  const { launcher, omg, results, sizes } = lab;
  const home = launcher.newHome();
  const warmGateway = () => launchGateway(launcher, { omg, home });
  // What the gateway keeps between runs (compiled code, what its servers offer) is there from the second one on.
  await firstCall(warmGateway);
  const others = (["direct", "hello", "forwarder", "by-hand"] as const).map((name) => async () => {
    results.add("start warm", name, await firstCall(() => launch(lab, name)));
  });
  const warm = async () => results.add("start warm", "gateway", await firstCall(warmGateway));
  const cold = async () =>
    results.add("start cold", "gateway", await firstCall(() => launch(lab, "gateway")));
  await takingTurns([...others, warm, cold], sizes.starts, (measure) => measure());
};

async function firstCall(start: () => Promise<RunningTarget>): Promise<number> {
  const before = performance.now();
  await using target = await start();
  using lanes = await target.open(1, 1);
  await allAtOnce(lanes.tool("echo", { text: "first" }, holds("first")));
  return performance.now() - before;
}
