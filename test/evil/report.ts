import { formatTable } from "../../apps/gateway/src/commands/table.ts";
import type { EvilCase, Outcome } from "./evil-case.ts";
import { behaviours } from "./server/behaviours.ts";
import type { Trial } from "./trial.ts";

export interface Verdict {
  readonly trial: Trial;
  /** Undefined: something was not as promised. */
  readonly outcome: Outcome | undefined;
  /** What was not as promised. */
  readonly fault?: string;
}

const head = ["", "id", "the server", "over", "client over", "a caller saw", "then"];

/** All verdicts, one a line, and below what was not as promised. */
export function report(verdicts: readonly Verdict[]): string {
  let last: string | undefined;
  const rows = verdicts.map(({ trial, outcome }) => {
    const what = whatOf(trial.evil);
    const isSame = what === last;
    last = what;
    const { seen = "not what is promised, see below", next = "" } = outcome ?? {};
    const names = isSame ? ["", ""] : [trial.evil.id, what];
    return [outcome ? "ok" : "FAIL", ...names, trial.upstream, trial.front, seen, next];
  });
  const faults = verdicts
    .filter(({ outcome }) => !outcome)
    .map(({ trial, fault }) => `\n--- ${nameOf(trial)}: ${whatOf(trial.evil)}\n${fault}\n`);
  return formatTable(head, rows) + faults.join("");
}

/** What is never played in containers, and why, one a line. */
export function reportNotInContainers(cases: readonly EvilCase[]): string {
  const rows = cases.flatMap((evil) =>
    evil.notInContainers === undefined ? [] : [[evil.id, whatOf(evil), evil.notInContainers]],
  );
  return rows.length === 0 ? "" : `${formatTable(["", "not in containers", "because"], rows)}\n`;
}

/** Of a trial, in one word for each of its parts. */
export function nameOf({ evil, upstream, front }: Trial): string {
  return `${evil.id} ${evil.mode}, ${upstream} behind ${front}`;
}

function whatOf(evil: EvilCase): string {
  return evil.what ?? behaviours.get(evil.mode)?.what ?? evil.mode;
}
