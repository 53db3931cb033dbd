import type { Results } from "../measure/results.ts";
import { launchGateway } from "../targets/gateway.ts";
import type { Launcher } from "../targets/launcher.ts";
import { type InstalledPeer, launchPeer } from "../targets/peers/launch-peer.ts";
import { launchByHand, launchForwarder, launchHello, launchHono } from "../targets/programs.ts";
import { launchDirect } from "../targets/stdio-target.ts";
import type { PeerName, RunningTarget, TargetName } from "../targets/target.ts";
import type { Sizes } from "./sizes.ts";

/** What every scenario gets. */
export interface Lab {
  /** The name of the scenario. */
  readonly scenario: string;
  readonly launcher: Launcher;
  /** The installed `omg` command. */
  readonly omg: string;
  readonly peers: readonly InstalledPeer[];
  readonly sizes: Sizes;
  readonly results: Results;
}

/** Measures something on all targets that it concerns, and leaves nothing running. */
export type Scenario = (lab: Lab) => Promise<void>;

/** Starts a target of ours, in front of one fixture. */
export function launch({ launcher, omg }: Lab, name: Exclude<TargetName, PeerName>): Promise<RunningTarget> {
  switch (name) {
    case "direct":
      return launchDirect(launcher);
    case "hello":
      return launchHello(launcher);
    case "hono":
      return launchHono(launcher);
    case "forwarder":
      return launchForwarder(launcher);
    case "by-hand":
      return launchByHand(launcher);
    case "gateway":
      return launchGateway(launcher, { omg });
  }
}

/** Starts all peers, each in front of one fixture; one that does not start is reported. */
export function launchPeers(lab: Lab): Promise<RunningTarget | undefined>[] {
  return lab.peers.map(async (peer) => {
    try {
      return await launchPeer(lab.launcher, peer);
    } catch (error) {
      lab.results.fail(lab.scenario, peer.name, error);
      return undefined;
    }
  });
}

/** Keeps targets running while something is measured on each of them, round by round. */
export async function withTargets(
  targets: readonly Promise<RunningTarget | undefined>[],
  rounds: number,
  measure: (target: RunningTarget) => Promise<void>,
): Promise<void> {
  const settled = await Promise.allSettled(targets);
  const running = settled.flatMap((target) => (target.status === "fulfilled" ? (target.value ?? []) : []));
  try {
    await Promise.all(targets);
    await takingTurns(running, rounds, measure);
  } finally {
    await Promise.all(running.map((target) => target[Symbol.asyncDispose]()));
  }
}

/** Does something for each item, so many times; another one comes first each time. */
export async function takingTurns<T>(
  items: readonly T[],
  rounds: number,
  act: (item: T) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    const first = round % items.length;
    for (const item of [...items.slice(first), ...items.slice(0, first)]) await act(item);
  }
}
