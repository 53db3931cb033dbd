import { holds } from "../client/conversation.ts";
import { allAtOnce } from "../client/load.ts";
import { launch, type Scenario, withTargets } from "./scenario.ts";

const SLEEP_MS = 1_000;

/** A thousand calls of one second at once, over one session and connections that are in use: when does the last answer come? */
export const sleepScenario: Scenario = (lab) =>
  withTargets(
    (["direct", "forwarder", "by-hand", "gateway"] as const).map((name) => launch(lab, name)),
    lab.sizes.rounds,
    async (target) => {
      await using lanes = await target.open(lab.sizes.sleepers, 1);
      // To open a connection is no part of a call, and takes longer.
      await allAtOnce(lanes.tool("echo", { text: "here" }, holds("here")));
      const calls = lanes.tool("sleep", { ms: SLEEP_MS }, holds("slept"));
      lab.results.add("sleep last", target.name, await allAtOnce(calls));
    },
  );
