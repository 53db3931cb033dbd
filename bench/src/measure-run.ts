import { join } from "node:path";
import { lookAtMachine, watchOthers } from "./measure/machine.ts";
import { Results } from "./measure/results.ts";
import type { Options } from "./options.ts";
import { say } from "./program.ts";
import type { Run } from "./report/run.ts";
import { scenarios } from "./scenarios/all.ts";
import { fullSizes, quickSizes, type Sizes } from "./scenarios/sizes.ts";
import { installGateway } from "./targets/install.ts";
import type { Launcher } from "./targets/launcher.ts";
import { installPeers } from "./targets/peers/install-peers.ts";
import type { InstalledPeer } from "./targets/peers/launch-peer.ts";

/** Installs what is asked for and measures it, one scenario after the other. */
export async function measure(launcher: Launcher, options: Options): Promise<Run> {
  const omg =
    options.gateway ?? (await installGateway(options.keep ?? join(launcher.folder, "install"), say));
  const results = new Results();
  const peers = options.peers ? await installAll(launcher, results) : [];
  const sizes = sizesOf(options);
  const machine = await lookAtMachine();
  const others: Record<string, number> = {};
  const start = performance.now();
  for (const [name, scenario] of Object.entries(scenarios)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    say(`Measuring: ${name}`);
    const shareOfOthers = watchOthers();
    await scenario({ scenario: name, launcher, omg, peers, sizes, results });
    others[name] = shareOfOthers();
  }
  const seconds = (performance.now() - start) / 1000;
  return { machine, others, rounds: sizes.rounds, seconds, results };
}

function installAll(launcher: Launcher, results: Results): Promise<InstalledPeer[]> {
  say("Installing peers");
  const report = results.fail.bind(results, "install");
  return installPeers(join(launcher.folder, "peers"), report);
}

function sizesOf({ quick, minutes }: Options): Sizes {
  const sizes = quick ? quickSizes : fullSizes;
  return minutes === undefined ? sizes : { ...sizes, mixedMs: minutes * 60_000 };
}
