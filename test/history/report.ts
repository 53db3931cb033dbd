import type { Fault } from "./history.ts";
import { operationKinds, plan, wordsOf } from "./plan.ts";

export interface Figures {
  readonly operations: number;
  readonly seconds: number;
  /** How often each kind of operation found something to do. */
  readonly effects: Readonly<Record<string, number>>;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly executions: number;
  readonly starts: number;
  readonly idleStops: number;
}

/** What happened, in lines. */
export function summary(figures: Figures): string[] {
  const { operations, seconds, effects, outcomes, executions, starts, idleStops } = figures;
  const rate = Math.round(operations / seconds);
  return [
    `${operations} operations in ${seconds.toFixed(1)} s, ${rate} a second`,
    "Operations that found something to do:",
    ...operationKinds.map((kind) => row(kind, effects[kind] ?? 0)),
    "Answers:",
    ...[...outcomes].sort(([, one], [, other]) => other - one).map(([outcome, count]) => row(outcome, count)),
    "Servers:",
    row("processes started", starts),
    row("idle stops", idleStops),
    row("calls executed", executions),
  ];
}

const shownFaults = 10;
const shownBefore = 12;
const shownAfter = 3;

/** What went wrong, with the operations around it: the seed brings them back. */
export function complaints(faults: readonly Fault[], seed: number): string[] {
  return faults.slice(0, shownFaults).flatMap(({ operation, what }) => {
    if (operation === undefined || operation < 0) return [`failed: ${what}`];
    return [`failed: operation ${operation}: ${what}`, ...around(operation, seed)];
  });
}

function around(operation: number, seed: number): string[] {
  const lines: string[] = [];
  let index = 0;
  for (const planned of plan(seed)) {
    if (index > operation + shownAfter) break;
    const mark = index === operation ? ">" : " ";
    if (index >= operation - shownBefore) lines.push(`  ${mark} ${index} ${wordsOf(planned)}`);
    index++;
  }
  return lines;
}

function row(name: string, count: number): string {
  return `  ${name.padEnd(28)}${String(count).padStart(9)}`;
}
