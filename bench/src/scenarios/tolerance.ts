import { peerNames, type TargetName } from "../targets/target.ts";
import type { Lab } from "./scenario.ts";

/** Measures something on a target, in a way that suits whose it is. */
export type Tolerance = (name: TargetName, measure: () => Promise<void>) => Promise<void>;

/**
 * What peers, and others that are named here, can not do is reported, and not tried again; everything else must work.
 * Peers take part in the first rounds only: they are slow, and what is said of them needs no narrow ranges.
 */
export function tolerance(lab: Lab, others: readonly TargetName[] = []): Tolerance {
  const rounds = new Map<TargetName, number>(peerNames.map((name) => [name, lab.sizes.peerRounds]));
  for (const name of others) rounds.set(name, Number.POSITIVE_INFINITY);
  return async (name, measure) => {
    const left = rounds.get(name);
    if (left === undefined) return measure();
    if (left === 0) return;
    rounds.set(name, left - 1);
    try {
      await measure();
    } catch (error) {
      rounds.set(name, 0);
      lab.results.fail(lab.scenario, name, error);
    }
  };
}
