import { markdownTable } from "../../../scripts/docs/table.ts";
import { figures } from "../measure/figures.ts";
import type { Results } from "../measure/results.ts";
import type { Aim } from "./aims.ts";
import { cell, range, short, times, titles } from "./cells.ts";
import { judge, type Verdict } from "./verdicts.ts";

/** All aims whose figures were measured, and how the gateway stands to them. */
export function aimsTable(results: Results): string {
  const head = ["Figure", "Gateway", "Compared with", "Result", "First step", "", "Goal", ""];
  return [markdownTable(head, judge(results).map(row)), ...remarks(results)].join("\n\n");
}

function row({ aim, gateway, other, result, firstStep, goal }: Verdict): string[] {
  const against =
    aim.against === undefined ? "" : `${titles[aim.against]}${other ? ` ${short(other.median)}` : ""}`;
  const sign = aim.better === "more" ? "≥" : "≤";
  return [
    aim.title,
    `${short(gateway.median)} ${figures[aim.figure]}`,
    against,
    `**${scaled(aim, result.median)}** (${range(result)})`,
    `${sign} ${scaled(aim, aim.firstStep)}`,
    firstStep,
    `${sign} ${scaled(aim, aim.goal)}`,
    goal,
  ];
}

function scaled({ as, figure }: Aim, value: number): string {
  if (as === "ratio") return times(value);
  if (as === "difference") return `${value < 0 ? "−" : "+"} ${short(Math.abs(value))} ${figures[figure]}`;
  return `${short(value)} ${figures[figure]}`;
}

/** What must be known to read a figure rightly. */
function remarks(results: Results): string[] {
  const cold = results.of("start cold", "gateway");
  const started = results.of("remembered-50 started", "gateway");
  const listed = results.of("remembered-50 listed", "gateway");
  return [
    ...(cold.length > 0 ? [`First start ever, nothing cached: first call after ${cell(cold)} ms.`] : []),
    ...(started.some((count) => count > 0)
      ? [`List of remembered servers: NOT from memory, ${cell(started)} servers were started for it.`]
      : []),
    ...(listed.some((count) => count !== 500)
      ? [`List of remembered servers: ${cell(listed)} of 500 tools.`]
      : []),
  ];
}
