import assert from "node:assert/strict";
import { shellServer } from "../../support/shell-server.ts";
import type { Row } from "../row.ts";
import { shownBy } from "../support/command.ts";
import { onGateway, type Scene } from "../support/scene.ts";

const soak: Row = {
  id: "R55",
  promise: "a gateway in use for a long time does not grow, and fails no call by itself",
  figure: "memory +1 MB/h, descriptors and handles +0 in 24 h (3 minutes here; npm run soak for more)",
  run: () => shownBy("test/soak/run.ts", "--minutes", "3"),
};

const sessions: Row = {
  id: "R56",
  promise: "sessions that come and go leave nothing",
  figure: "heap +5 MB at most after 10⁶ sessions (10,000 here)",
  run: () => onGateway([shellServer("a")], openAndClose, { isProbed: true }),
};

async function openAndClose(scene: Scene): Promise<string> {
  const count = 10_000;
  const turns = async (times: number) => {
    let left = times;
    const work = async () => {
      while (left-- > 0) {
        const client = await scene.client("legacy");
        await client[Symbol.asyncDispose]();
      }
    };
    await Promise.all(Array.from({ length: 8 }, work));
  };
  await turns(1000);
  const before = await scene.holdings();
  await turns(count);
  const { sessions } = await scene.gateway.json("/stats");
  assert.equal(sessions, 0);
  const after = await scene.holdings();
  const megabytes = (after.heapBytes - before.heapBytes) / 1e6;
  assert.ok(megabytes < 5, `the heap grew by ${megabytes.toFixed(1)} MB`);
  assert.ok(
    after.descriptors <= before.descriptors + 4,
    `${before.descriptors} → ${after.descriptors} descriptors`,
  );
  return `heap ${megabytes >= 0 ? "+" : ""}${megabytes.toFixed(1)} MB after ${count} sessions, 0 open`;
}

export const longRuns: readonly Row[] = [soak, sessions];
