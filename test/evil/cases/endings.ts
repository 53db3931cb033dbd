import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { until } from "../../../apps/gateway/test/support/processes.ts";
import { errorOf } from "../../support/answers.ts";
import type { EvilCase } from "../evil-case.ts";
import { withRoom } from "../room.ts";
import { type Stage, wordsOf } from "../stage.ts";

const closed = { reason: "upstream_closed", executed: "unknown", withinMs: 1500 } as const;

/** Servers that end when they should not, or do not when they should. */
export const endings: readonly EvilCase[] = [
  {
    id: "E10",
    mode: "closes-stdout",
    upstreams: ["stdio"],
    notInContainers: "the first process of the container holds its stdout, too",
    async play(stage) {
      const pid = await stage.pid();
      const seen = await stage.fails(stage.call("echo"), closed);
      return { seen, next: await stage.isNew(pid) };
    },
  },
  // 2 s after the end of its input comes SIGTERM, 3 s later SIGKILL.
  staysUntilStopped("E11", "ignores-end", { from: 1900, to: 4500 }),
  staysUntilStopped("E12", "ignores-signals", { from: 4900, to: 9000 }),
  {
    id: "E13",
    mode: "leaves-a-child",
    upstreams: ["stdio"],
    async play(stage) {
      const pid = await stage.pid();
      const seen = await stage.fails(stage.call("echo"), closed);
      const next = await stage.isNew(pid);
      await until(() => stage.grandchildren.length === 0, withRoom(2000));
      return { seen, next };
    },
  },
  {
    ...staysUntilStopped("E14", "hides-a-child", { from: 0, to: 3000 }),
    async play(stage) {
      await stage.works();
      // A process that is just becoming another program shows no environment for a moment.
      await until(() => stage.grandchildren.length === 1, withRoom(2000));
      return "normal result";
    },
  },
  {
    id: "E16",
    mode: "cuts-every-second",
    upstreams: ["stdio", "http"],
    async play(stage) {
      const seen = await results(stage, 12);
      // A process that ends is lost each time; a connection that breaks off is forgiven as soon as a call goes well.
      const wanted = Array.from({ length: 6 }, () => ["ok", "closed"]).flat();
      if (stage.isStdio) wanted.splice(4, wanted.length, "backoff");
      assert.deepEqual(seen, wanted);
      return { seen: seen.join(" "), next: await worksLater(stage) };
    },
  },
  {
    id: "E16",
    mode: "cuts-always",
    upstreams: ["stdio", "http"],
    async play(stage) {
      const seen = await results(stage, 12);
      const losses = stage.isStdio ? 2 : 10;
      assert.deepEqual(seen, [...Array.from({ length: losses }, () => "closed"), "backoff"]);
      return { seen: `${losses} × -31000 upstream_closed`, next: await stage.restsNow() };
    },
  },
];

function staysUntilStopped(id: string, mode: string, stopMs: { from: number; to: number }): EvilCase {
  return {
    id,
    mode,
    upstreams: ["stdio"],
    stopMs,
    async play(stage) {
      await stage.works();
      return "normal result";
    },
  };
}

/** What one call after the other comes to, until the server is left alone. */
async function results(stage: Stage, calls: number): Promise<string[]> {
  const seen: string[] = [];
  while (seen.length < calls && seen.at(-1) !== "backoff") {
    const answer = await stage.call("echo", { text: "hello" });
    seen.push(answer.error === undefined ? "ok" : errorOf(answer).data.reason.replace("upstream_", ""));
  }
  return seen;
}

/** A caller who waits as long as it is told. */
async function worksLater(stage: Stage): Promise<string> {
  const answer = await stage.call("echo", { text: "hello" });
  if (answer.error === undefined) return "works";
  const error = errorOf(answer);
  const retryAfterMs = error.data.retryAfterMs ?? assert.fail(wordsOf(error));
  await delay(retryAfterMs);
  return `${wordsOf(error)}; works after ${retryAfterMs} ms`;
}
