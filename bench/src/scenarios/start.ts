import { holds } from "../client/conversation.ts";
import { allAtOnce } from "../client/load.ts";
import { launchGateway } from "../targets/gateway.ts";
import { launchPeer } from "../targets/peers/launch-peer.ts";
import type { RunningTarget } from "../targets/target.ts";
import { launch, type Scenario, takingTurns } from "./scenario.ts";
import { tolerance } from "./tolerance.ts";

/** From the start of the process to its first answered call. */
export const startScenario: Scenario = async (lab) => {
  const { launcher, omg, results, sizes } = lab;
  const home = launcher.newHome();
  const warmGateway = () => launchGateway(launcher, { omg, home });
  // What the gateway keeps between runs (compiled code, what its servers offer) is there from the second one on.
  await firstCall(warmGateway);
  const others = (["direct", "hello", "hono", "forwarder", "by-hand"] as const).map((name) => async () => {
    results.add("start warm", name, await firstCall(() => launch(lab, name)));
  });
  const warm = async () => results.add("start warm", "gateway", await firstCall(warmGateway));
  const cold = async () =>
    results.add("start cold", "gateway", await firstCall(() => launch(lab, "gateway")));
  const tolerate = tolerance(lab);
  const peers = lab.peers.map((peer) => () => {
    const measure = async () =>
      results.add("start warm", peer.name, await firstCall(() => launchPeer(launcher, peer)));
    return tolerate(peer.name, measure);
  });
  await takingTurns([...others, warm, cold, ...peers], sizes.starts, (measure) => measure());
};

async function firstCall(start: () => Promise<RunningTarget>): Promise<number> {
  const before = performance.now();
  await using target = await start();
  await using lanes = await target.open(1, 1);
  await allAtOnce(lanes.tool("echo", { text: "first" }, holds("first")));
  return performance.now() - before;
}
