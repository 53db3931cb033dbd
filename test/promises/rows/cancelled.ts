import assert from "node:assert/strict";
import type { Row } from "../row.ts";
import { untilReceived } from "../support/received.ts";
import { eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

export const cancelled: Row = {
  id: "R13",
  promise: "a client that cancels or goes: its server hears of it once, and the slot is free",
  figure: "1,000 cancelled, 1,000 times notifications/cancelled, 0 in flight",
  run: () => onGateway([scriptedServer("slow")], cancelAll),
};

async function cancelAll(scene: Scene): Promise<string> {
  const total = 1000;
  const atOnce = 100;
  for (let round = 0; round < total / atOnce; round++) {
    // A client of the legacy era says that it cancels; one of the modern era closes the stream.
    const client = await scene.client(eras[round % 2] ?? "legacy");
    const leaving = new AbortController();
    const call = { name: "slow__sleep", arguments: { ms: 600_000 } };
    const calls = Array.from({ length: atOnce }, () =>
      client.request("tools/call", call, leaving.signal).then(
        () => assert.fail("a call that was cancelled was answered"),
        () => {},
      ),
    );
    await untilReceived(scene, "slow", (round + 1) * atOnce);
    leaving.abort();
    await Promise.all(calls);
  }
  for (;;) {
    const received = JSON.parse(await scene.gateway.call("slow", "received")) as string[];
    const heard = received.filter((method) => method === "notifications/cancelled").length;
    assert.ok(heard <= total, `${heard} cancellations of ${total} calls`);
    if (heard === total) break;
  }
  // A drain waits for what is in flight: there must be nothing.
  const start = performance.now();
  assert.equal(await scene.gateway.stop(), 0);
  assert.ok(performance.now() - start < 15_000, "something was in flight still");
  return `${total} of ${total} heard of, once each, and nothing was in flight`;
}
