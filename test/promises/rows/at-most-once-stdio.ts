import assert from "node:assert/strict";
import { errorOf, textOf } from "../../support/answers.ts";
import { shellServer } from "../../support/shell-server.ts";
import type { Size } from "../row.ts";
import { type Era, eras, onGateway, type Scene } from "../support/scene.ts";

/** As many bytes as the shortest call of these has, and as its answer has. */
const callBytes = 95;
const answerBytes = 80;

/** Servers that die once, each at another byte of a call or of its answer. Gives how many did. */
export async function killAtEveryByte(size: Size): Promise<number> {
  const step = size === "gate" ? 5 : 1;
  const deaths: { id: string; at: object }[] = [];
  for (let at = 1; at <= callBytes; at += step) deaths.push({ id: `in${at}`, at: { DIES: `${at}` } });
  for (let at = 0; at <= answerBytes; at += step) deaths.push({ id: `out${at}`, at: { ANSWERS: `${at}` } });
  await onGateway(
    (scene) =>
      deaths.map(({ id, at }) =>
        shellServer(id, { ...at, DIES_ONCE: scene.path(`died-${id}`), CALLS: scene.path(`calls-${id}`) }),
      ),
    async (scene) => {
      await Promise.all(deaths.map(({ id }, at) => callOnce(scene, id, eras[at % 2] ?? "legacy")));
      return "";
    },
  );
  return deaths.length;
}

async function callOnce(scene: Scene, id: string, era: Era): Promise<void> {
  const client = await scene.client(era);
  const ask = (text: string) => client.request("tools/call", { name: `${id}__echo`, arguments: { text } });
  const answer = await ask("once");
  const runs = scene.lines(`calls-${id}`).length;
  if (answer.error === undefined) {
    assert.equal(runs, 1, `${id}: answered, but run ${runs} times`);
  } else {
    const { reason, executed } = errorOf(answer).data;
    assert.ok(runs <= 1, `${id}: run ${runs} times`);
    assert.equal(reason, "upstream_closed", id);
    assert.equal(executed, "unknown", `${id}: run ${runs} times`);
  }
  assert.equal(textOf(await ask("again")), "again");
}
