import { setTimeout as delay } from "node:timers/promises";
import { holds, isLarge } from "../client/conversation.ts";
import { allAtOnce, type Call } from "../client/load.ts";
import { cpuMsOf, residentMbOf } from "../measure/processes.ts";
import { quantile, slope } from "../measure/statistics.ts";
import { fixtures } from "../targets/catalog.ts";
import { launchGateway, toolOf } from "../targets/gateway.ts";
import type { HttpTarget } from "../targets/http-target.ts";
import type { OpenLanes } from "../targets/target.ts";
import type { Scenario } from "./scenario.ts";

const SERVERS = 10;
const USERS = 32;
/** Mean pause between two calls of a user. */
const PAUSE_MS = 50;
const CALLS_A_SESSION = 40;
const SAMPLE_MS = 250;

const TEXT = "a small text";
const LARGE = 100 * 1024;
const ARGUMENTS = 190 * 1024;

const kinds = {
  small: (lanes) => lanes.tool("echo", { text: TEXT }, holds(TEXT)),
  list: (lanes) => lanes.list(),
  large: (lanes) => lanes.tool("payload", { bytes: LARGE }, isLarge(LARGE)),
  much: (lanes) => lanes.tool("echo", { text: TEXT, filler: "x".repeat(ARGUMENTS) }, holds(TEXT)),
  slow: (lanes) => lanes.tool("sleep", { ms: 200 }, holds("slept")),
} as const satisfies Record<string, (lanes: OpenLanes) => Call[]>;

/** What a user does, one after the other. */
const habit = [
  ...(["small", "small", "list", "small", "large", "small", "small", "slow", "small", "small"] as const),
  ...(["small", "list", "small", "small", "much", "small", "large", "small", "small", "small"] as const),
];

/**
 * Users who come and go, with pauses, small calls and large ones, at ten servers: how long small calls take, and whether
 * memory grows. The slope is that of the second half: in the first one a fresh process gets to its size.
 */
export const mixedScenario: Scenario = async ({ launcher, omg, results, sizes }) => {
  await using gateway = await launchGateway(launcher, { omg, catalog: fixtures(SERVERS, 10) });
  // With the first server the janitor starts, which counts too.
  await gateway.openSessions(1);
  const own = gateway.own();
  const start = performance.now();
  const end = start + sizes.mixedMs;
  const memory: [minutes: number, mb: number][] = [];
  const timer = setInterval(() => {
    memory.push([(performance.now() - start) / 60_000, residentMbOf(own)]);
  }, SAMPLE_MS);
  const before = cpuMsOf(own);
  const log: Log = { calls: 0, small: [] };
  try {
    await Promise.all(Array.from({ length: USERS }, (_, user) => use(gateway, { user, end, log })));
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - start) / 1000;
  results.add("mixed rate", "gateway", log.calls / seconds);
  results.add("mixed cpu", "gateway", ((cpuMsOf(own) - before) * 1000) / log.calls);
  results.add("mixed p50", "gateway", quantile(log.small, 0.5));
  results.add("mixed p99", "gateway", quantile(log.small, 0.99));
  results.add("mixed memory", "gateway", residentMbOf(own));
  results.add("mixed growth", "gateway", slope(memory.slice(Math.floor(memory.length / 2))));
};

/** What all users did. */
interface Log {
  calls: number;
  /** Milliseconds of each small call. */
  readonly small: number[];
}

/** One user, in one session after the other. */
async function use(
  gateway: HttpTarget,
  { user, end, log }: { user: number; end: number; log: Log },
): Promise<void> {
  const entrance = gateway.by({ tool: toolOf(`fixture${(user % SERVERS) + 1}`) });
  for (let turn = user; performance.now() < end; ) {
    await using lanes = await entrance.open(1, 1);
    for (let count = 0; count < CALLS_A_SESSION && performance.now() < end; count++, turn++) {
      const kind = habit[turn % habit.length] ?? "small";
      const before = performance.now();
      await allAtOnce(kinds[kind](lanes));
      if (kind === "small") log.small.push(performance.now() - before);
      log.calls++;
      // From half of it to one and a half, the same in every run.
      await delay(PAUSE_MS * (0.5 + ((turn * 7) % 11) / 11));
    }
  }
}
