/** Every combination of a subject and what is measured of it, with the unit. */
function each<const Subject extends string, const Units extends Readonly<Record<string, string>>>(
  subjects: readonly Subject[],
  units: Units,
): Record<`${Subject} ${keyof Units & string}`, string> {
  const entries = subjects.flatMap((subject) =>
    Object.entries(units).map(([what, unit]) => [`${subject} ${what}`, unit] as const),
  );
  return Object.fromEntries(entries) as Record<`${Subject} ${keyof Units & string}`, string>;
}

const load = { rate: "calls/s", cpu: "µs", p99: "ms", memory: "MB" } as const;
const smallCalls = { single: "ms", ...load } as const;

/** Ways into the gateway. */
export const fronts = ["mcp", "one", "sse", "stdio"] as const;
/** What stands behind it. */
export const upstreams = ["stdio", "json", "events"] as const;

export type CallsThrough = `${(typeof fronts)[number]}-${(typeof upstreams)[number]}`;

const callsThrough = fronts.flatMap((front) =>
  upstreams.map((upstream): CallsThrough => `${front}-${upstream}`),
);

/** How many of something the cost of a call may grow with. */
export const growing = {
  servers: [1, 10, 50, 200],
  sessions: [1, 200, 2_000],
  tools: [10, 100, 1_000],
} as const;

export type Growing = keyof typeof growing;

const grown = (Object.keys(growing) as Growing[]).flatMap((what) =>
  growing[what].map((count) => `${what}-${count}` as const),
);

/** One of them at one size. */
export type Grown = (typeof grown)[number];

/** Sizes of catalogs whose lists are asked for. */
export const listed = [1, 10, 50] as const;

/** What is measured, with its unit. */
export const figures = {
  ...each(["load-1", "load-64"], load),
  "single p50": "ms",
  ...each(["http-json", "http-sse"], smallCalls),
  ...each(["large-100k", "large-1m"], { rate: "results/s", cpu: "ms" }),
  ...each(["arguments"], { rate: "calls/s", cpu: "ms" }),
  ...each(callsThrough, smallCalls),
  "sleep last": "ms",
  ...each(
    listed.map((count) => `listing-${count}` as const),
    { p50: "ms", changed: "ms" },
  ),
  "start warm": "ms",
  "start cold": "ms",
  ...each(
    listed.map((count) => `remembered-${count}` as const),
    { warm: "ms", started: "servers", listed: "tools" },
  ),
  ...each(["idle-1", "idle-50", "idle-500"], { memory: "MB" }),
  ...each(["session"], { memory: "KB", few: "MB", many: "MB" }),
  ...each(["churn"], { start: "ms", cpu: "ms", memory: "KB", descriptors: "", left: "processes" }),
  ...each(["mixed"], { rate: "calls/s", cpu: "µs", p50: "ms", p99: "ms", memory: "MB", growth: "MB/min" }),
  ...each(grown, { cpu: "µs", list: "ms", memory: "MB" }),
} as const;

export type Figure = keyof typeof figures;
