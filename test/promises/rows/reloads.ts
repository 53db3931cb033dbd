import assert from "node:assert/strict";
import { textOf } from "../../support/answers.ts";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { ms } from "../support/figures.ts";
import { eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

const unchanged: Row = {
  id: "R34",
  promise: "a reload touches the servers that changed, and no others",
  figure: "the same processes over 1,000 reloads",
  run: () =>
    onGateway(
      (scene) => [shellServer("same", { STARTS: scene.path("starts") })],
      async (scene) => {
        const reloads = 1000;
        const same = shellServer("same", { STARTS: scene.path("starts") });
        await scene.gateway.call("same", "echo");
        for (let turn = 0; turn < reloads; turn++) {
          // Another one comes and goes and changes; the first moves about in the file.
          const other = shellServer("other", {}, { env: { EDITION: String(turn) } });
          scene.catalog(turn % 3 === 0 ? [same] : turn % 3 === 1 ? [other, same] : [same, other]);
          assert.equal((await scene.reload()).status, 200);
        }
        await scene.gateway.call("same", "echo");
        assert.equal(scene.lines("starts").length, 1, "it was started anew");
        return `1 process over ${reloads} reloads`;
      },
    ),
};

const inFlight: Row = {
  id: "R35",
  promise: "a changed server: new calls go to the new one, the old one finishes its own",
  figure: "0 calls lost during 100 reloads (30 of them here)",
  run: () =>
    onGateway([scriptedServer("moving")], async (scene) => {
      const reloads = 30;
      let reloading = true;
      let calls = 0;
      const load = Array.from({ length: 20 }, async (_, at) => {
        const client = await scene.client(eras[at % 2] ?? "legacy");
        while (reloading) {
          calls++;
          const call = { name: "moving__sleep", arguments: { ms: 100 + at * 20 } };
          assert.equal(textOf(await client.request("tools/call", call)), `slept ${100 + at * 20} ms`);
        }
      });
      for (let turn = 1; turn <= reloads; turn++) {
        scene.catalog([scriptedServer("moving", [], { env: { TURN: `${turn}` } })]);
        assert.equal((await scene.reload()).status, 200);
        const env = await scene.gateway.call("moving", "env");
        assert.equal(JSON.parse(env).TURN, `${turn}`, "a new call reached an old process");
      }
      reloading = false;
      await Promise.all(load);
      return `${calls} of ${calls} answered during ${reloads} reloads`;
    }),
};

const leaks: Row = {
  id: "R38",
  promise: "reloads leak nothing",
  figure: "heap +1 KB a reload at most; descriptors and handles as before (10,000 reloads; 500 here)",
  run: () => onGateway([shellServer("a")], countLeaks, { isProbed: true }),
};

async function countLeaks(scene: Scene): Promise<string> {
  const reloads = 500;
  const reloadTimes = async (times: number) => {
    for (let turn = 0; turn < times; turn++) {
      scene.catalog([shellServer("a"), shellServer(`b${turn % 3}`, {}, { env: { EDITION: String(turn) } })]);
      assert.equal((await scene.reload()).status, 200);
    }
  };
  await scene.gateway.call("a", "echo");
  await reloadTimes(reloads);
  const before = await scene.holdings();
  await reloadTimes(reloads);
  const after = await scene.holdings();
  const bytes = (after.heapBytes - before.heapBytes) / reloads;
  assert.ok(bytes < 2000, `${Math.round(bytes)} bytes a reload`);
  assert.ok(
    after.descriptors <= before.descriptors + 2,
    `${before.descriptors} → ${after.descriptors} descriptors`,
  );
  assert.ok(after.handles <= before.handles + 2, `${before.handles} → ${after.handles} handles`);
  return `${Math.round(bytes)} bytes a reload, descriptors ${before.descriptors} → ${after.descriptors}, handles ${before.handles} → ${after.handles}`;
}

const secretFile: Row = {
  id: "R39",
  promise: "a changed ${file:…} restarts the servers that refer to it, and no others",
  figure: "within 2 s",
  run: () =>
    onGateway(
      [],
      async (scene) => {
        await scene.gateway.logged("Hot reload enabled for catalog.yaml");
        scene.sandbox.write("token.txt", "first-token");
        scene.catalog([
          scriptedServer("with", [], { env: { TOKEN: "${file:token.txt}" } }),
          scriptedServer("without"),
        ]);
        await scene.reload();
        const pidOf = async (id: string) => JSON.parse(await scene.gateway.call(id, "pids")).server;
        const [before, other] = [await pidOf("with"), await pidOf("without")];
        scene.sandbox.write("token.txt", "second-token");
        const start = performance.now();
        await scene.gateway.logged("Server stopped", "with");
        const elapsed = performance.now() - start;
        assert.notEqual(await pidOf("with"), before);
        assert.equal(JSON.parse(await scene.gateway.call("with", "env")).TOKEN, "second-token");
        assert.equal(await pidOf("without"), other);
        assert.ok(elapsed < 6000, `it took ${ms(elapsed)}`);
        return `the old process was gone after ${ms(elapsed)}, the other server's is the same`;
      },
      { config: { hot_reload: true } },
    ),
};

export const reloads: readonly Row[] = [unchanged, inFlight, leaks, secretFile];
