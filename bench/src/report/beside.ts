import { markdownTable } from "../../../scripts/docs/table.ts";
import type { Results } from "../measure/results.ts";
import { peerNames, type TargetName } from "../targets/target.ts";
import { range, times, titles } from "./cells.ts";
import { type Comparison, compare } from "./comparisons.ts";

/** Others than the gateway that stand between clients and a server. */
const others: readonly TargetName[] = ["forwarder", "by-hand", ...peerNames];

interface Line extends Pick<Comparison, "title" | "figure" | "over"> {
  /** Whether it is one of the few that the README quotes. */
  readonly quoted?: boolean;
}

const lines: readonly Line[] = [
  { title: "calls/s, 64 in flight, 1 session", figure: "load-1 rate", quoted: true },
  { title: "calls/s, 64 in flight, 64 sessions", figure: "load-64 rate" },
  { title: "CPU a call, 64 in flight, 1 session", figure: "load-1 cpu", quoted: true },
  { title: "added p50, one at a time", figure: "single p50", over: "direct", quoted: true },
  { title: "100 KB results/s", figure: "large-100k rate" },
  { title: "1 MB results/s", figure: "large-1m rate", quoted: true },
  { title: "CPU a 1 MB result", figure: "large-1m cpu" },
  { title: "calls/s with 190 KB of arguments", figure: "arguments rate" },
  { title: "spawn → first call, second start", figure: "start warm" },
  { title: "idle memory, 1 entry", figure: "idle-1 memory", quoted: true },
  { title: "a session more", figure: "session memory" },
];

/** The gateway's figures as multiples of those of others, with ranges. */
export function besideTable(results: Results): string {
  return table(results, lines, true);
}

/** The few of them that are quoted elsewhere, without ranges. */
export function quotedTable(results: Results): string {
  return table(
    results,
    lines.filter(({ quoted }) => quoted),
    false,
  );
}

function table(results: Results, shown: readonly Line[], withRanges: boolean): string {
  const cellOf = ({ quoted: _, ...line }: Line, against: TargetName) => {
    const result = compare(results, { ...line, as: "ratio", against })?.result;
    if (result === undefined) return "";
    return withRanges ? `${times(result.median)} (${range(result)})` : times(result.median);
  };
  const present = others.filter((other) => shown.some((line) => cellOf(line, other) !== ""));
  return markdownTable(
    ["Gateway ÷ other", ...present.map((other) => titles[other])],
    shown
      .map((line) => [line.title, ...present.map((other) => cellOf(line, other))])
      .filter(([, ...cells]) => cells.some((text) => text !== "")),
  );
}
