import assert from "node:assert/strict";
import { once } from "node:events";
import { errorOf, textOf } from "../../support/answers.ts";
import type { Row } from "../row.ts";
import { ms, timed } from "../support/figures.ts";
import { untilReceived } from "../support/received.ts";
import { eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

const callMs = 3000;
const inFlight = 100;

export const drain: Row = {
  id: "R25",
  promise:
    "SIGTERM and SIGINT let calls in flight finish and refuse new ones; a second signal ends it at once",
  figure: "100 of 100 calls of 3 s succeed, /readyz 503 meanwhile, exit 0; second signal: 143 and 130",
  async run() {
    const seen: string[] = [];
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      await onGateway([scriptedServer("slow")], (scene) => finish(scene, signal));
      const gone = await onGateway([scriptedServer("slow")], (scene) => endAtOnce(scene, signal));
      seen.push(`${signal}: all ${inFlight} answered, exit 0; twice: ${gone}`);
    }
    return seen.join("; ");
  },
};

/** Clients of both eras with calls in the server's hands. */
async function callsInFlight(scene: Scene, ms: number) {
  const clients = await Promise.all(eras.map((era) => scene.client(era)));
  const call = { name: "slow__sleep", arguments: { ms } };
  const calls = Array.from({ length: inFlight }, async (_, at) =>
    clients[at % clients.length]?.request("tools/call", call),
  );
  for (const answer of calls) answer.catch(() => {});
  await untilReceived(scene, "slow", inFlight);
  return { clients, calls };
}

async function finish(scene: Scene, signal: NodeJS.Signals): Promise<string> {
  const { clients, calls } = await callsInFlight(scene, callMs);
  const exited = scene.gateway.stop(signal);
  await scene.gateway.logged(`${signal}: finishing the calls in flight; once more to stop at once`);
  assert.equal((await fetch(`${scene.gateway.url}/readyz`)).status, 503);
  for (const client of clients) {
    const refused = errorOf(await client.request("tools/call", { name: "slow__echo", arguments: {} }));
    assert.deepEqual([refused.code, refused.data.reason], [-31008, "draining"]);
  }
  for (const answer of await Promise.all(calls)) assert.equal(textOf(answer ?? {}), `slept ${callMs} ms`);
  assert.equal(await exited, 0);
  return "";
}

async function endAtOnce(scene: Scene, signal: NodeJS.Signals): Promise<string> {
  const { calls } = await callsInFlight(scene, 60_000);
  const exited = once(scene.gateway.process, "exit");
  scene.gateway.process.kill(signal);
  await scene.gateway.logged(`${signal}: finishing the calls in flight; once more to stop at once`);
  const end = await timed(async () => {
    scene.gateway.process.kill(signal);
    const [code] = await exited;
    return code;
  });
  assert.equal(end.value, signal === "SIGTERM" ? 143 : 130);
  assert.ok(end.ms < 5000, `the second ${signal} took ${ms(end.ms)}`);
  await Promise.allSettled(calls);
  return `exit ${end.value} after ${ms(end.ms)}`;
}
