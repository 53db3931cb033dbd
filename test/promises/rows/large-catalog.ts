import assert from "node:assert/strict";
import { errorOf, textOf } from "../../support/answers.ts";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { ms, timed } from "../support/figures.ts";
import { type Entry, eras, onGateway, type Scene } from "../support/scene.ts";

const broken: readonly object[] = [
  { runtime: { type: "teleport" } },
  { runtime: { type: "local-process" } },
  { runtime: { type: "local-process", command: "x", colour: "red" } },
  { runtime: { type: "local-process", command: "${NOT_SET_ANYWHERE}" } },
  { runtime: { type: "remote-sse", url: "no url" } },
];

export const largeCatalog: Row = {
  id: "R32",
  promise: "500 entries of which 50 are broken: the others work, the broken ones say why",
  figure: "ready within 2 s, 450 usable",
  run: () => onGateway([], startWithAll),
};

async function startWithAll(scene: Scene): Promise<string> {
  await scene.gateway.stop();
  const { ms: empty } = await timed(() => scene.start());
  await scene.gateway.stop();
  const entries = Array.from({ length: 500 }, (_, at): Entry => {
    const id = `s${at}`;
    return at % 10 === 3 ? { id, ...broken[((at / 10) % broken.length) | 0] } : shellServer(id);
  });
  scene.catalog(entries);
  const { ms: started } = await timed(() => scene.start());
  assert.ok(started - empty < 3000, `ready after ${ms(started)}, without entries after ${ms(empty)}`);
  const clients = await Promise.all(eras.map((era) => scene.client(era)));
  let [usable, refused] = [0, 0];
  for (const [at, { id }] of entries.entries()) {
    const call = { name: `${id}__echo`, arguments: { text: id } };
    const answer = (await clients[at % 2]?.request("tools/call", call)) ?? {};
    if (at % 10 !== 3) {
      assert.equal(textOf(answer), id);
      usable++;
    } else {
      assert.equal(errorOf(answer).data.reason, "server_disabled");
      assert.match(errorOf(answer).message, /is disabled: ./);
      refused++;
    }
  }
  return `ready after ${ms(started)} (${ms(empty)} without entries), ${usable} called, ${refused} refused with their reasons`;
}
