import assert from "node:assert/strict";
import { errorOf } from "../../support/answers.ts";
import type { Row } from "../row.ts";
import { ms, percentile } from "../support/figures.ts";
import { untilReceived } from "../support/received.ts";
import { eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

const grandchildren = {
  alone: [],
  "with a grandchild": ["--grandchild", "group"],
  "with one that left": ["--grandchild", "session"],
};

export const killedServers: Row = {
  id: "R01",
  promise: "a server killed with calls in flight: all of them fail at once, the next call has a new process",
  figure: "upstream_closed, executed unknown, within 250 ms",
  async run() {
    const seen: string[] = [];
    for (const [name, args] of Object.entries(grandchildren)) {
      const elapsed = await onGateway([scriptedServer("victim", args)], killInFlight);
      seen.push(`${name}: ${elapsed}`);
    }
    return `20 of 20 failed as promised, ${seen.join(", ")}`;
  },
};

async function killInFlight(scene: Scene): Promise<string> {
  const { server } = JSON.parse(await scene.gateway.call("victim", "pids"));
  const clients = await Promise.all(eras.map((era) => scene.client(era)));
  const call = (ms: number) => ({ name: "victim__sleep", arguments: { ms } });
  const pending = Array.from({ length: 20 }, async (_, at) => {
    const answer = await clients[at % clients.length]?.request("tools/call", call(60_000));
    return { answer, at: performance.now() };
  });
  await untilReceived(scene, "victim", 21);
  const killedAt = performance.now();
  process.kill(server, "SIGKILL");
  const failures = await Promise.all(pending);
  for (const { answer } of failures) {
    assert.ok(answer);
    const { data } = errorOf(answer);
    assert.deepEqual([data.reason, data.executed], ["upstream_closed", "unknown"]);
  }
  const slowest = percentile(
    failures.map(({ at }) => at - killedAt),
    0.99,
  );
  assert.ok(slowest < 750, `the last error came ${ms(slowest)} after the kill`);
  const next = JSON.parse(await scene.gateway.call("victim", "pids"));
  assert.notEqual(next.server, server);
  return ms(slowest);
}
