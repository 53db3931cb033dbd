import assert from "node:assert/strict";
import { textOf } from "../../support/answers.ts";
import type { Front } from "../../support/fronts/front.ts";
import type { Row } from "../row.ts";
import { ms, percentile, timed } from "../support/figures.ts";
import { untilReceived } from "../support/received.ts";
import { eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

const hanging = 1000;

export const bulkhead: Row = {
  id: "R14",
  promise: "a server that is stuck slows no other down",
  figure: "p99 of another server's calls +10 ms at most while 1,000 calls hang",
  run(size) {
    const calls = size === "gate" ? 300 : 1000;
    return onGateway([scriptedServer("stuck"), scriptedServer("other")], (scene) =>
      besideAStuckOne(scene, calls),
    );
  },
};

async function besideAStuckOne(scene: Scene, calls: number): Promise<string> {
  const other = await scene.client("legacy");
  await callsOf(other, 200);
  const before = await quietest(other, calls);
  const stuck = await Promise.all(eras.map((era) => scene.client(era)));
  const ending = new AbortController();
  const call = { name: "stuck__sleep", arguments: { ms: 600_000 } };
  const pending = Array.from({ length: hanging }, (_, at) =>
    stuck[at % stuck.length]?.request("tools/call", call, ending.signal).then(
      () => assert.fail("a call that hangs was answered"),
      () => {},
    ),
  );
  await untilReceived(scene, "stuck", hanging);
  const beside = await quietest(other, calls);
  ending.abort();
  await Promise.all(pending);
  const more = beside - before;
  assert.ok(more < 20, `p99 rose by ${ms(more)}`);
  return `p99 ${ms(before)} before, ${ms(beside)} beside ${hanging} calls that hang`;
}

/** The lowest p99 of five rounds: what else the machine does is not in all of them. */
async function quietest(client: Front, calls: number): Promise<number> {
  const rounds: number[] = [];
  for (let round = 0; round < 5; round++) rounds.push(percentile(await callsOf(client, calls), 0.99));
  return Math.min(...rounds);
}

/** Calls one after the other; gives the milliseconds of each. */
async function callsOf(client: Front, count: number): Promise<number[]> {
  const elapsed: number[] = [];
  for (let turn = 0; turn < count; turn++) {
    const call = { name: "other__echo", arguments: { text: `${turn}` } };
    const { value, ms } = await timed(() => client.request("tools/call", call));
    assert.equal(textOf(value), `${turn}`);
    elapsed.push(ms);
  }
  return elapsed;
}
