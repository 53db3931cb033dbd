import assert from "node:assert/strict";
import { textOf } from "../../support/answers.ts";
import type { Row } from "../row.ts";
import { eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

/** Ways for a catalog to be wrong, each at another place. */
const faults: ((turn: number) => string)[] = [
  (turn) => `servers: [{ id: a, runtime: ${turn}`,
  (turn) => `servers:\n  - id: [a${turn}\n`,
  (turn) => `# ${turn}\nservers: nothing\n`,
  (turn) => `servers: []\nbogus${turn}: 1\n`,
  (turn) => `servers:\n  - runtime: { type: local-process, command: x${turn} }\n`,
  (turn) => `servers: &a [*a, ${turn}]\n`,
  (turn) => `servers: []\nservers: [] # ${turn}\n`,
  (turn) => `\t${turn}: tab\n`,
];

export const brokenFiles: Row = {
  id: "R33",
  promise:
    "a catalog that can not be used changes nothing: the last good one stays, visibly, until it is mended",
  figure: "0 calls lost under load in 200 broken files, each refused with file, line and column within 1 s",
  run(size) {
    const files = size === "gate" ? 48 : 200;
    return onGateway([scriptedServer("a")], (scene) => breakUnderLoad(scene, files));
  },
};

async function breakUnderLoad(scene: Scene, files: number): Promise<string> {
  const { server } = JSON.parse(await scene.gateway.call("a", "pids"));
  let loading = true;
  let calls = 0;
  const load = [...eras, ...eras].map(async (era) => {
    const client = await scene.client(era);
    while (loading) {
      const text = `${++calls}`;
      const answer = await client.request("tools/call", { name: "a__echo", arguments: { text } });
      assert.equal(textOf(answer), text);
    }
  });
  let slowest = 0;
  for (let turn = 0; turn < files; turn++) {
    const fault = faults[turn % faults.length] as (turn: number) => string;
    scene.sandbox.write("catalog.yaml", fault(turn));
    const start = performance.now();
    const response = await fetch(`${scene.gateway.url}/admin/reload`, { method: "POST" });
    const { message } = (await response.json()) as { message: string };
    slowest = Math.max(slowest, performance.now() - start);
    assert.equal(response.status, 500, fault(turn));
    assert.match(message, /catalog\.yaml:\d+:\d+/, fault(turn));
    assert.equal((await scene.gateway.json("/stats")).config_stale, true);
    assert.equal((await fetch(`${scene.gateway.url}/readyz`)).status, 200);
  }
  loading = false;
  await Promise.all(load);
  scene.catalog([scriptedServer("a")]);
  assert.equal((await scene.reload()).status, 200);
  assert.equal((await scene.gateway.json("/stats")).config_stale, false);
  const after = JSON.parse(await scene.gateway.call("a", "pids"));
  assert.equal(after.server, server, "its server was started anew");
  assert.ok(slowest < 2000, `a file took ${Math.round(slowest)} ms`);
  return `${files} of ${files} refused with their place, ${calls} of ${calls} calls answered meanwhile`;
}
