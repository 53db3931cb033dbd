import type { Figure } from "../measure/figures.ts";
import type { Results } from "../measure/results.ts";
import { pairwise, type Summary, summarize } from "../measure/statistics.ts";
import type { TargetName } from "../targets/target.ts";

/** The gateway beside another target, or by itself. */
export interface Comparison {
  readonly title: string;
  readonly figure: Figure;
  /** `ratio` and `difference` to the other target in the same round; `value`: by itself. */
  readonly as: "ratio" | "difference" | "value";
  readonly against?: TargetName;
  /** What both are taken less of, in the same round. */
  readonly over?: TargetName;
}

export interface Compared {
  /** What is compared, in the unit of the figure. */
  readonly gateway: Summary;
  readonly other: Summary | undefined;
  /** The ratio, the difference or the value, over the rounds. */
  readonly result: Summary;
}

/** Compares what was measured; undefined where a side of it was not. */
export function compare(results: Results, comparison: Comparison): Compared | undefined {
  const { as, figure, against, over } = comparison;
  const ours = less(results, figure, "gateway", over);
  const theirs = against === undefined ? [] : less(results, figure, against, over);
  if (ours.length === 0 || (against !== undefined && theirs.length === 0)) return undefined;
  return {
    gateway: summarize(ours),
    other: theirs.length === 0 ? undefined : summarize(theirs),
    result:
      as === "value"
        ? summarize(ours)
        : pairwise(ours, theirs, (our, their) => (as === "ratio" ? our / their : our - their)),
  };
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
