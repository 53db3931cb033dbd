import type { Results } from "../measure/results.ts";
import { type Aim, aims } from "./aims.ts";
import { type Compared, compare } from "./comparisons.ts";

/** How the gateway stands to one aim. */
export interface Verdict extends Compared {
  readonly aim: Aim;
  readonly firstStep: "ok" | "short";
  readonly goal: "ok" | "short";
}

/** Judges by the median. Aims whose figures were not measured are left out. */
export function judge(results: Results): Verdict[] {
  return aims.flatMap((aim) => {
    const compared = compare(results, aim);
    if (compared === undefined) return [];
    const { median } = compared.result;
    return {
      aim,
      ...compared,
      firstStep: mark(aim, median, aim.firstStep),
      goal: mark(aim, median, aim.goal),
    };
  });
}

function mark({ better }: Aim, value: number, limit: number): "ok" | "short" {
  return (better === "more" ? value >= limit : value <= limit) ? "ok" : "short";
}
