import { figures, type Results } from "../measure/results.ts";
import { type Summary, summarize } from "../measure/statistics.ts";
import type { TargetName } from "../targets/target.ts";
import type { Aim } from "./aims.ts";
import type { Run } from "./run.ts";
import { judge, type Verdict } from "./verdicts.ts";

const titles: Readonly<Record<TargetName, string>> = {
  direct: "direct",
  hello: "bare node:http",
  forwarder: "byte forwarder",
  "by-hand": "SDK by hand",
  gateway: "gateway",
};
const names = Object.keys(titles) as TargetName[];

/** The whole run as Markdown: aims first, then everything that was measured. */
export function markdown({ machine, others, rounds, seconds, results }: Run): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return [
    "# Benchmark",
    "",
    `Node ${machine.node}, ${machine.platform}, ${machine.cores} cores (${machine.cpu}); ` +
      `${rounds} rounds, ${Math.round(seconds)} s. ` +
      `Before: load ${machine.load.toFixed(2)}, ${percent(machine.idleShare)} idle.`,
    "",
    `Taken by others meanwhile: ${Object.entries(others)
      .map(([name, share]) => `${name} ${percent(share)}`)
      .join(", ")}.`,
    "",
    "Medians, with the range of all rounds. Quote ratios and differences only, and only within one run.",
    "",
    "## Aims",
    "",
    ...table(
      ["figure", "gateway", "compared with", "result", "first step", "", "goal", ""],
      judge(results).map(row),
    ),
    "",
    ...remarks(results),
    "## Measured",
    "",
    ...table(
      ["figure", "unit", ...names.map((name) => titles[name])],
      (Object.keys(figures) as (keyof typeof figures)[]).flatMap((figure) => {
        const cells = names.map((name) => results.of(figure, name)).map(cell);
        return cells.every((text) => text === "") ? [] : [[figure, figures[figure], ...cells]];
      }),
    ),
    "",
  ].join("\n");
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
  if (as === "ratio") return `${value.toFixed(2)} ×`;
  if (as === "difference") return `${value < 0 ? "−" : "+"} ${short(Math.abs(value))} ${figures[figure]}`;
  return `${short(value)} ${figures[figure]}`;
}

/** What must be known to read a figure rightly. */
function remarks(results: Results): string[] {
  const cold = results.of("start cold", "gateway");
  const started = results.of("remembered started", "gateway");
  const listed = results.of("remembered listed", "gateway");
  const lines = [
    ...(cold.length > 0 ? [`- First start ever, nothing cached: first call after ${cell(cold)} ms.`] : []),
    ...(started.some((count) => count > 0)
      ? [`- List of remembered servers: NOT from memory, ${cell(started)} servers were started for it.`]
      : []),
    ...(listed.some((count) => count !== 500)
      ? [`- List of remembered servers: ${cell(listed)} of 500 tools.`]
      : []),
  ];
  return [...lines, ""];
}

function cell(values: readonly number[]): string {
  if (values.length === 0) return "";
  const summary = summarize(values);
  return values.length === 1 ? short(summary.median) : `${short(summary.median)} (${range(summary)})`;
}

function range({ low, high }: Summary): string {
  return `${short(low)} – ${short(high)}`;
}

/** Three digits that count. */
function short(value: number): string {
  const magnitude = Math.abs(value);
  if (magnitude >= 10_000) return `${(value / 1000).toFixed(1)}k`;
  return value.toFixed(magnitude >= 100 || value === 0 ? 0 : magnitude >= 10 ? 1 : 2);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)];
}
