import assert from "node:assert/strict";
import { renameSync, writeFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { shownByTests } from "../support/command.ts";
import { ms, timed } from "../support/figures.ts";
import { onGateway, type Scene } from "../support/scene.ts";

const settledFiles: Row = {
  id: "R36",
  promise: "files count when they have settled: never half of one, once for each state",
  figure: "1 reload for 3 chunks 100 ms apart, for a rename, and for 100 writes in a second",
  run: () => onGateway([shellServer("a")], changeInEveryWay, { config: { hot_reload: true } }),
};

async function changeInEveryWay(scene: Scene): Promise<string> {
  await scene.gateway.logged("Hot reload enabled for catalog.yaml");
  const catalog = scene.path("catalog.yaml");
  const textWith = (id: string) => JSON.stringify({ servers: [shellServer("a"), shellServer(id)] });
  const ways: Record<string, () => Promise<void>> = {
    async chunks() {
      const text = textWith("chunks");
      for (const end of [text.length / 3, (2 * text.length) / 3, text.length]) {
        writeFileSync(catalog, text.slice(0, end));
        await delay(100);
      }
    },
    async renamed() {
      writeFileSync(`${catalog}.new`, textWith("renamed"));
      renameSync(`${catalog}.new`, catalog);
    },
    async hundred() {
      for (let turn = 0; turn < 100; turn++) {
        writeFileSync(catalog, textWith(turn === 99 ? "hundred" : `draft${turn}`));
        await delay(10);
      }
    },
  };
  let loads = 0;
  for (const [id, change] of Object.entries(ways)) {
    await change();
    const loaded = await scene.gateway.loggedTimes("Loaded", ++loads);
    assert.equal(loaded.at(-1)?.added, id);
    // A second one would follow by then.
    await delay(600);
    assert.equal(
      scene.gateway.log.filter(({ message }) => String(message).startsWith("Loaded")).length,
      loads,
    );
  }
  assert.ok(!scene.gateway.log.some(({ message }) => String(message).startsWith("Keeping previous catalog")));
  return "1 reload each";
}

const lostWatch: Row = {
  id: "R37",
  promise:
    "where the system tells of no changes, files are looked at; SIGHUP and POST /admin/reload work anyway",
  figure: "within 6 s",
  async run() {
    const looked = await shownByTests("apps/gateway/test/watch-files.test.ts");
    const asked = await onGateway([shellServer("a")], async (scene) => {
      scene.catalog([shellServer("a"), shellServer("b")]);
      const { ms: hangUp } = await timed(async () => {
        scene.gateway.process.kill("SIGHUP");
        await scene.gateway.loggedTimes("Loaded", 1);
      });
      scene.catalog([shellServer("a")]);
      assert.equal((await scene.reload()).status, 200);
      return `SIGHUP ${ms(hangUp)}, POST works`;
    });
    return `${looked}; ${asked}`;
  },
};

export const settling: readonly Row[] = [settledFiles, lostWatch];
