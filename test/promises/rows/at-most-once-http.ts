import assert from "node:assert/strict";
import {
  type Cut,
  type CuttingProxy,
  cuttingProxy,
} from "../../../packages/runtime-sse/test/support/cutting-proxy.ts";
import { type FakeServer, fakeServer } from "../../../packages/runtime-sse/test/support/fake-server.ts";
import { errorOf, textOf } from "../../support/answers.ts";
import type { Front } from "../../support/fronts/front.ts";
import type { Size } from "../row.ts";
import { eras, onGateway } from "../support/scene.ts";

/** More bytes than the HTTP request of a call of these has, and than its response has. */
const lengths = { client: 800, server: 400 };

/** A server behind a network that cuts a call, or its answer, once at every byte. Gives how many cuts there were. */
export async function cutAtEveryByte(size: Size): Promise<number> {
  const step = size === "gate" ? 4 : 1;
  await using server = await fakeServer();
  await using proxy = await cuttingProxy(server.origin);
  const runtime = { type: "remote-sse", url: `${proxy.origin}/mcp`, allow_private_network: true };
  let cuts = 0;
  await onGateway([{ id: "far", era: "legacy", runtime }], async (scene) => {
    const clients = await Promise.all(eras.map((era) => scene.client(era, "far")));
    for (const side of ["client", "server"] as const) {
      for (let after = 1; after <= lengths[side]; after += step) {
        const client = clients[(after >> 2) % clients.length] as Front;
        if (await callOnce(client, server, proxy, { of: side, after })) cuts++;
      }
    }
    return "";
  });
  return cuts;
}

/** Gives whether the cut met the call. */
async function callOnce(client: Front, server: FakeServer, proxy: CuttingProxy, cut: Cut): Promise<boolean> {
  const ask = (text: string) => client.request("tools/call", { name: "echo", arguments: { text } });
  const text = `${cut.of} ${cut.after}`;
  Object.assign(proxy.passed, { client: 0, server: 0 });
  proxy.cut = cut;
  const answer = await ask(text);
  const wasCut = proxy.cut === undefined;
  // What is longer than the call would cut the next one.
  proxy.cut = undefined;
  const runs = server.exchanges.filter((exchange) => exchange.text === text).length;
  if (answer.error === undefined) {
    assert.equal(textOf(answer), text);
    assert.equal(runs, 1, `cut at ${text}: answered, but run ${runs} times`);
  } else {
    const { reason, executed } = errorOf(answer).data;
    assert.ok(runs <= 1, `cut at ${text}: run ${runs} times`);
    assert.ok(
      runs === 0 || executed === "unknown",
      `cut at ${text}: ${reason}, executed ${executed}, but run`,
    );
  }
  assert.equal(textOf(await ask("again")), "again");
  return wasCut;
}
