import {
  type Figure,
  figures,
  fronts,
  type Growing,
  growing,
  listed,
  upstreams,
} from "../measure/figures.ts";
import { type TargetName, targetNames } from "../targets/target.ts";
import { titles } from "./cells.ts";

/** One table of what was measured. */
export interface Section {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly title: string;
  readonly unit: string;
  /** For each column which values stand there. */
  readonly cells: readonly (readonly [Figure, TargetName])[];
}

const frontTitles = { mcp: "`/mcp`", one: "`/servers/ID/mcp`", sse: "`/sse`", stdio: "`omg stdio`" } as const;

/** In the order of the report. */
export const sections: readonly Section[] = [
  byTarget("Small calls", [
    ["one at a time, p50", "single p50"],
    ["64 in flight, 1 session", "load-1 rate"],
    ["… CPU a call", "load-1 cpu"],
    ["… p99", "load-1 p99"],
    ["… most memory", "load-1 memory"],
    ["64 in flight, 64 sessions", "load-64 rate"],
    ["… CPU a call", "load-64 cpu"],
    ["… p99", "load-64 p99"],
    ["… most memory", "load-64 memory"],
    ["1,000 calls of one second at once, last answer", "sleep last"],
  ]),
  byTarget("Small calls, the server over HTTP", [
    ["JSON answers, one at a time, p50", "http-json single"],
    ["… 64 in flight", "http-json rate"],
    ["… CPU a call", "http-json cpu"],
    ["… p99", "http-json p99"],
    ["… most memory", "http-json memory"],
    ["event streams, one at a time, p50", "http-sse single"],
    ["… 64 in flight", "http-sse rate"],
    ["… CPU a call", "http-sse cpu"],
    ["… p99", "http-sse p99"],
    ["… most memory", "http-sse memory"],
  ]),
  {
    title: "Small calls, by every way into the gateway and of every kind of server",
    columns: ["server over stdio", "server over HTTP, JSON", "server over HTTP, event streams"],
    rows: fronts.flatMap((front) => [
      through(front, "one at a time, p50", "single"),
      through(front, "64 in flight", "rate"),
      through(front, "CPU a call", "cpu"),
    ]),
  },
  byTarget("Large results and arguments", [
    ["results of 100 KB, 8 in flight", "large-100k rate"],
    ["… CPU each", "large-100k cpu"],
    ["results of 1 MB, 8 in flight", "large-1m rate"],
    ["… CPU each", "large-1m cpu"],
    ["arguments of 190 KB, 8 in flight", "arguments rate"],
    ["… CPU each", "arguments cpu"],
  ]),
  byTarget(
    "Lists",
    listed.flatMap((count): [string, Figure][] => [
      [`${servers(count)}, from the start of the process, none started`, `remembered-${count} warm`],
      [`${servers(count)}, p50`, `listing-${count} p50`],
      [`${servers(count)}, from a change until it is listed`, `listing-${count} changed`],
    ]),
  ),
  byTarget("Starts", [
    ["spawn → first call, second start", "start warm"],
    ["spawn → first call, nothing cached", "start cold"],
  ]),
  byTarget("Memory", [
    ["idle, 1 entry", "idle-1 memory"],
    ["idle, 50 entries", "idle-50 memory"],
    ["idle, 500 entries", "idle-500 memory"],
    ["with 200 sessions", "session few"],
    ["with 2,000 sessions", "session many"],
    ["a session more", "session memory"],
  ]),
  byTarget("One server, started by a call and stopped, again and again", [
    ["start → answer", "churn start"],
    ["CPU a start and stop", "churn cpu"],
    ["memory a start", "churn memory"],
    ["open descriptors afterwards, more than before", "churn descriptors"],
    ["processes of servers left", "churn left"],
  ]),
  byTarget("Mixed use: 32 users with pauses, 10 servers", [
    ["all calls", "mixed rate"],
    ["small calls, p50", "mixed p50"],
    ["small calls, p99", "mixed p99"],
    ["CPU a call", "mixed cpu"],
    ["memory at the end", "mixed memory"],
    ["slope of memory", "mixed growth"],
  ]),
  ...(Object.keys(growing) as Growing[]).map((what) => growthSection(what)),
];

function byTarget(title: string, rows: readonly (readonly [title: string, Figure])[]): Section {
  return {
    title,
    columns: targetNames.map((name) => titles[name]),
    rows: rows.map(([text, figure]) => ({
      title: text,
      unit: figures[figure],
      cells: targetNames.map((name) => [figure, name] as const),
    })),
  };
}

function through(front: (typeof fronts)[number], what: string, measured: "single" | "rate" | "cpu"): Row {
  return rowOf(
    `${frontTitles[front]}, ${what}`,
    upstreams.map((upstream): Figure => `${front}-${upstream} ${measured}`),
  );
}

function growthSection(what: Growing): Section {
  const counts = growing[what];
  const row = (title: string, measured: "cpu" | "list" | "memory") =>
    rowOf(
      title,
      counts.map((count): Figure => `${what}-${count} ${measured}`),
    );
  return {
    title: `Growth with ${what}`,
    columns: counts.map((count) => count.toLocaleString("en")),
    rows: [row("CPU a call", "cpu"), row("list, p50", "list"), row("memory after the first call", "memory")],
  };
}

/** A row of the gateway's figures alone. */
function rowOf(title: string, shown: readonly Figure[]): Row {
  const [first] = shown;
  const unit = first === undefined ? "" : figures[first];
  return { title, unit, cells: shown.map((figure) => [figure, "gateway"] as const) };
}

function servers(count: number): string {
  return `${count} ${count === 1 ? "server" : "servers"}`;
}
