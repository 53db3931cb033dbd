import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { errorOf, outcomes } from "../../support/answers.ts";
import type { Message } from "../../support/message.ts";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { median, ms, timed } from "../support/figures.ts";
import { eras, onGateway, type Scene } from "../support/scene.ts";

const callsPerSecond = 1000;

/** As many as pauses of 1, 2, 4 … s leave room for. */
const bounds = { gate: { seconds: 8, starts: 4 }, full: { seconds: 60, starts: 6 } };

export const crashLoop: Row = {
  id: "R05",
  promise: "a server that always dies is started ever more rarely; meanwhile its calls fail fast",
  figure: "pauses of 1, 2, 4 … s: at most 6 starts in a minute of 1,000 calls/s; a refusal within 5 ms",
  run(size) {
    return onGateway(
      (scene) => [shellServer("dying", { DIES: "ready", STARTS: scene.path("starts") })],
      (scene) => callAllTheTime(scene, bounds[size]),
    );
  },
};

async function callAllTheTime(scene: Scene, most: { seconds: number; starts: number }): Promise<string> {
  const clients = await Promise.all(eras.map((era) => scene.client(era)));
  const call = { name: "dying__echo", arguments: {} };
  const answers: Message[] = [];
  let open = 0;
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  while (elapsed() < most.seconds) {
    // A machine that can not keep up has fewer calls; connections have a limit.
    while (answers.length + open < elapsed() * callsPerSecond && open < 500) {
      for (const client of clients) {
        open++;
        client.request("tools/call", call).then((answer) => {
          open--;
          answers.push(answer);
        });
      }
    }
    await delay(10);
  }
  while (open > 0) await delay(10);
  const counts = outcomes(answers);
  assert.deepEqual(
    Object.keys(counts).filter((outcome) => !expected.has(outcome)),
    [],
  );
  const refused = counts.upstream_backoff ?? 0;
  assert.ok(refused > answers.length / 2, JSON.stringify(counts));
  const starts = scene.lines("starts").length;
  assert.ok(starts >= 3 && starts <= most.starts, `${starts} starts in ${most.seconds} s`);
  const refusalMs: number[] = [];
  for (let turn = 0; refusalMs.length < 6; turn++) {
    const { value, ms } = await timed(() => clients[turn % 2]?.request("tools/call", call) ?? assert.fail());
    const { reason, executed, retryAfterMs = 0 } = errorOf(value).data;
    // The pause may end right now.
    if (turn < 3 && reason !== "upstream_backoff") continue;
    assert.deepEqual([reason, executed], ["upstream_backoff", "no"]);
    assert.ok(retryAfterMs >= 0 && retryAfterMs <= 72_000, `retryAfterMs is ${retryAfterMs}`);
    refusalMs.push(ms);
  }
  assert.ok(median(refusalMs) < 50, `a refusal took ${ms(median(refusalMs))}`);
  return `${starts} starts in ${most.seconds} s, ${refused} of ${answers.length} calls refused, in ${ms(median(refusalMs))}`;
}

const expected = new Set(["upstream_backoff", "upstream_closed", "upstream_start_failed"]);
