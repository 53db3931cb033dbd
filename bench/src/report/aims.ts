import type { Comparison } from "./comparisons.ts";

/** What the gateway is to reach, beside another target or by itself. */
export interface Aim extends Comparison {
  readonly better: "more" | "less";
  readonly firstStep: number;
  readonly goal: number;
}

const less = { better: "less" } as const;
const more = { better: "more", as: "ratio" } as const;
const forwarder = { against: "forwarder" } as const;

function load(sessions: 1 | 64): Aim[] {
  const under = `64 in flight, ${sessions === 1 ? "1 session" : "64 sessions"}`;
  return [
    {
      ...more,
      ...forwarder,
      title: `calls/s, ${under}`,
      figure: `load-${sessions} rate`,
      firstStep: 0.5,
      goal: 0.8,
    },
    {
      ...more,
      against: "by-hand",
      title: `calls/s, ${under}`,
      figure: `load-${sessions} rate`,
      firstStep: 4,
      goal: 6.5,
    },
    {
      ...less,
      ...forwarder,
      as: "ratio",
      title: `CPU a call, ${under}`,
      figure: `load-${sessions} cpu`,
      firstStep: 2,
      goal: 1.3,
    },
    {
      ...less,
      ...forwarder,
      as: "ratio",
      title: `p99, ${under}`,
      figure: `load-${sessions} p99`,
      firstStep: 1.5,
      goal: 1,
    },
    {
      ...less,
      ...forwarder,
      as: "difference",
      title: `memory, ${under}`,
      figure: `load-${sessions} memory`,
      firstStep: 80,
      goal: 30,
    },
  ];
}

/** Of a server over streamable HTTP. */
function upstream(figures: "http-json" | "http-sse"): Aim[] {
  const server = `HTTP upstream, ${figures === "http-json" ? "JSON answers" : "event streams"}`;
  const rate = { ...more, title: `calls/s, ${server}`, figure: `${figures} rate` } as const;
  const cpu = { title: `CPU a call, ${server}`, figure: `${figures} cpu` } as const;
  return [
    { ...rate, ...forwarder, firstStep: 0.6, goal: 0.85 },
    { ...rate, against: "by-hand", firstStep: 6, goal: 8.5 },
    { ...less, ...forwarder, ...cpu, as: "ratio", firstStep: 2, goal: 1.3 },
  ];
}

function idle(servers: 1 | 50 | 500, firstStep: number, goal: number): Aim {
  const title = `idle memory, ${servers} ${servers === 1 ? "entry" : "entries"}, none running`;
  return {
    ...less,
    title,
    figure: `idle-${servers} memory`,
    as: "difference",
    against: "hello",
    firstStep,
    goal,
  };
}

/** In the order of the report. */
export const aims: readonly Aim[] = [
  ...load(1),
  ...load(64),
  {
    ...less,
    ...forwarder,
    as: "ratio",
    over: "direct",
    title: "added p50, one at a time",
    figure: "single p50",
    firstStep: 1.6,
    goal: 1.2,
  },
  ...upstream("http-json"),
  ...upstream("http-sse"),
  { ...more, ...forwarder, title: "1 MB results/s", figure: "large-1m rate", firstStep: 0.6, goal: 0.9 },
  {
    ...less,
    ...forwarder,
    as: "ratio",
    title: "CPU a 1 MB result",
    figure: "large-1m cpu",
    firstStep: 2,
    goal: 1.3,
  },
  {
    ...less,
    ...forwarder,
    as: "ratio",
    title: "list of 500 tools, p50",
    figure: "listing-50 p50",
    firstStep: 1.5,
    goal: 1.1,
  },
  {
    ...less,
    as: "difference",
    against: "direct",
    title: "last of 1,000 one-second calls",
    figure: "sleep last",
    firstStep: 60,
    goal: 35,
  },
  {
    ...less,
    ...forwarder,
    as: "difference",
    title: "spawn → first call, second start",
    figure: "start warm",
    firstStep: 120,
    goal: 50,
  },
  {
    ...less,
    as: "difference",
    against: "hello",
    title: "spawn → list of 50 remembered servers",
    figure: "remembered-50 warm",
    firstStep: 150,
    goal: 70,
  },
  idle(1, 35, 20),
  idle(50, 40, 24),
  idle(500, 60, 35),
  { ...less, as: "value", title: "a session more", figure: "session memory", firstStep: 60, goal: 30 },
];
