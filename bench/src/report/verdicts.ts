import type { Figure, Results } from "../measure/results.ts";
import { pairwise, type Summary, summarize } from "../measure/statistics.ts";
import type { TargetName } from "../targets/target.ts";
import { type Aim, aims } from "./aims.ts";

/** How the gateway stands to one aim. */
export interface Verdict {
  readonly aim: Aim;
  /** What is compared, in the unit of the figure. */
  readonly gateway: Summary;
  readonly other: Summary | undefined;
  /** The ratio, the difference or the value, over the rounds. */
  readonly result: Summary;
  readonly firstStep: "ok" | "short";
  readonly goal: "ok" | "short";
}

/** Judges by the median. Aims whose figures were not measured are left out. */
export function judge(results: Results): Verdict[] {
  return aims.flatMap((aim) => {
    const ours = less(results, aim.figure, "gateway", aim.over);
    const theirs = aim.against === undefined ? [] : less(results, aim.figure, aim.against, aim.over);
    if (ours.length === 0 || (aim.against !== undefined && theirs.length === 0)) return [];
    const result = compare(aim, ours, theirs);
    return {
      aim,
      gateway: summarize(ours),
      other: theirs.length === 0 ? undefined : summarize(theirs),
      result,
      firstStep: mark(aim, result.median, aim.firstStep),
      goal: mark(aim, result.median, aim.goal),
    };
  });
}

function compare({ as }: Aim, ours: readonly number[], theirs: readonly number[]): Summary {
  if (as === "ratio") return pairwise(ours, theirs, (our, their) => our / their);
  if (as === "difference") return pairwise(ours, theirs, (our, their) => our - their);
  return summarize(ours);
}

function less(results: Results, figure: Figure, target: TargetName, over: TargetName | undefined): number[] {
  const values = results.of(figure, target);
  if (over === undefined) return [...values];
  const base = results.of(figure, over);
  return values.flatMap((value, round) => {
    const taken = base[round];
    return taken === undefined ? [] : [value - taken];
  });
}

function mark({ better }: Aim, value: number, limit: number): "ok" | "short" {
  return (better === "more" ? value >= limit : value <= limit) ? "ok" : "short";
}
