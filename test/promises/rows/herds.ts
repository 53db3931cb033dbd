import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { errorOf, outcomes, textOf } from "../../support/answers.ts";
import type { Row } from "../row.ts";
import { ms, percentile, timed } from "../support/figures.ts";
import { type Entry, eras, onGateway, type Scene, scriptedServer } from "../support/scene.ts";

const startMs = 500;

/** Calls a server this many times at once, from clients of both eras. */
async function herd(scene: Scene, server: string, size: number) {
  const clients = await Promise.all([...eras, ...eras].map((era) => scene.client(era)));
  return Promise.all(
    Array.from({ length: size }, (_, at) => {
      const call = { name: `${server}__echo`, arguments: { text: `${at}` } };
      return timed(async () => (await clients[at % clients.length]?.request("tools/call", call)) ?? {});
    }),
  );
}

const thunderingHerd: Row = {
  id: "R17",
  promise: "a thousand first calls at once make one start, and all are answered",
  figure: "1 process for 1,000 calls; 150 ms more than a cold start at p99",
  run: () =>
    onGateway(
      (scene) => [
        slowStarter("cold", scene.path("starts")),
        // What a cold start takes, and Node's HTTP client for a thousand calls, is measured on a twin.
        slowStarter("twin", scene.path("twins")),
      ],
      async (scene) => {
        const [alone] = await herd(scene, "twin", 1);
        const warm = await herd(scene, "twin", 1000);
        const cold = await herd(scene, "cold", 1000);
        for (const [at, { value }] of cold.entries()) assert.equal(textOf(value), `${at}`);
        assert.equal(scene.lines("starts").length, 1, "it was started more than once");
        const [last, lastWarm] = [cold, warm].map((calls) =>
          percentile(
            calls.map(({ ms }) => ms),
            0.99,
          ),
        );
        const expected = (alone?.ms ?? 0) + (lastWarm ?? 0);
        const more = Math.max(0, (last ?? 0) - expected);
        assert.ok(more < 450, `${ms(more)} more than a cold start and 1,000 warm calls`);
        return `1 start, 1,000 of 1,000 answered within ${ms(last ?? 0)} (a cold start ${ms(alone?.ms ?? 0)}, 1,000 warm calls ${ms(lastWarm ?? 0)})`;
      },
    ),
};

function slowStarter(id: string, starts: string): Entry {
  return scriptedServer(id, ["--slow-start", `${startMs}`, "--count-file", starts]);
}

const failedStart: Row = {
  id: "R18",
  promise: "a start that fails is told to all who wait for it, once; the next call tries anew",
  figure: "1 failed start for 50 calls; the next one works",
  run: () =>
    onGateway(
      (scene) => {
        const healthy = scriptedServer("flaky");
        const { command, args } = healthy.runtime as { command: string; args: string[] };
        const script = `echo $$ >> '${scene.path("starts")}'; [ "$(wc -l < '${scene.path("starts")}')" -gt 1 ] || { sleep 0.3; echo boom >&2; exit 1; }; exec "$@"`;
        const runtime = {
          type: "local-process",
          command: "/bin/sh",
          args: ["-c", script, "sh", command, ...args],
        };
        return [{ ...healthy, runtime }];
      },
      async (scene) => {
        const failures = (await herd(scene, "flaky", 50)).map(({ value }) => errorOf(value));
        assert.deepEqual([...new Set(failures.map(({ data }) => data.reason))], ["upstream_start_failed"]);
        assert.equal(scene.lines("starts").length, 1);
        const [refused] = await herd(scene, "flaky", 1);
        const { reason, retryAfterMs = 0 } = errorOf(refused?.value ?? {}).data;
        assert.equal(reason, "upstream_backoff");
        await delay(retryAfterMs + 50);
        const [next] = await herd(scene, "flaky", 1);
        assert.equal(textOf(next?.value ?? {}), "0");
        assert.equal(scene.lines("starts").length, 2);
        return `50 of 50 told of 1 failed start, and to come back in ${retryAfterMs} ms; the call then worked`;
      },
    ),
};

const boundedQueue: Row = {
  id: "R19",
  promise: "the queue for a server that starts is bounded",
  figure: "1,024 calls wait, the others get overloaded with retryAfterMs at once",
  run: () =>
    onGateway([scriptedServer("slow", ["--slow-start", "4000"])], async (scene) => {
      const answers = await herd(scene, "slow", 1500);
      const counts = outcomes(answers.map(({ value }) => value));
      assert.deepEqual(counts, { ok: 1024, overloaded: 476 });
      const refused = answers.filter(({ value }) => value.error !== undefined);
      for (const { value } of refused) assert.ok((errorOf(value).data.retryAfterMs ?? 0) > 0);
      const slowest = percentile(
        refused.map(({ ms }) => ms),
        0.99,
      );
      assert.ok(slowest < 3000, `a refusal took ${ms(slowest)}`);
      return `1,024 answered, 476 refused within ${ms(slowest)}`;
    }),
};

export const herds: readonly Row[] = [thunderingHerd, failedStart, boundedQueue];
