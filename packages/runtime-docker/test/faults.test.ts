import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import { type InstanceV1, OmgError } from "@omg/core/runtime";
import { connectRaw } from "@omg/runtime-testkit";
import { expect, test } from "vitest";
import { ofOwner } from "../src/container/labels.ts";
import { Engine } from "../src/engine/engine.ts";
import dockerRuntime from "../src/index.ts";
import { describeWithEngine } from "./support/engine.ts";
import { allowedVerbs } from "./support/engine-verbs.ts";
import { FaultProxy } from "./support/fault-proxy.ts";
import { seededFaults } from "./support/seeded-faults.ts";
import { startRequest, stubServer } from "./support/stub-server.ts";

/** 1,000 take about eight minutes on two processors that others use as well. */
const tries = Number(process.env.OMG_FAULT_TRIES ?? 150);
const seed = Number(process.env.OMG_FAULT_SEED ?? 1);
const atOnce = 12;

const startMs = 12_000;
/** Beyond its deadline: a removal that is never answered. */
const cleanUpMs = 25_000;
const callMs = 3_000;
const stopMs = 60_000;
const goneMs = 60_000;
const plain = /^Server 'tested' did not start: |^The start of server 'tested' was cancelled$/;
const raw = /undefined|\[object|TypeError|HPE_|ABORT|Cannot |not a function/;

describeWithEngine("an engine whose answers can not be trusted", ({ socketPath }) => {
  test(`${tries} starts, calls and stops leave nothing and never hang`, { timeout: 1_800_000 }, async () => {
    await using proxy = await FaultProxy.start({ engine: socketPath, choose: seededFaults(seed) });
    await using runtime = dockerRuntime();
    const owner = `faults-${crypto.randomUUID()}`;
    const outcomes = new Map<string, number>();
    const slowest = { start: 0, stop: 0 };
    const begun = performance.now();

    let begins = 0;
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        while (begins++ < tries) await attempt();
      }),
    );
    proxy.heal();
    const lastedMs = performance.now() - begun;
    await proxy.delivered();
    const goneAfterMs = await goneAfter(new Engine({ socketPath }), owner);

    process.stderr.write(
      `${tries} tries in ${Math.round(lastedMs / 1000)} s: ${listed(outcomes)}\n` +
        `slowest start ${Math.round(slowest.start)} ms, stop ${Math.round(slowest.stop)} ms; nothing left after ${Math.round(goneAfterMs)} ms\n` +
        `asked: ${listed(proxy.asked)}\nharmed: ${listed(proxy.harmed)}\n`,
    );
    expect([...proxy.asked.keys()].filter((verb) => !allowedVerbs.includes(verb))).toEqual([]);
    expect(outcomes.get("served"), "none was started at all").toBeGreaterThan(tries / 10);
    expect(outcomes.get("failed"), "no fault did any harm").toBeGreaterThan(0);

    async function attempt(): Promise<void> {
      const from = performance.now();
      const signal = AbortSignal.timeout(startMs);
      const options = { ...stubServer, engine: { socket: proxy.socketPath } };
      let instance: InstanceV1;
      try {
        instance = await soon(runtime.start(startRequest(options, { owner, signal })), startMs + cleanUpMs);
      } catch (error) {
        assertPlain(error);
        return count(outcomes, signal.aborted ? "late" : "failed");
      } finally {
        slowest.start = Math.max(slowest.start, performance.now() - from);
      }
      count(outcomes, await served(instance));
      const stop = performance.now();
      await soon(instance[Symbol.asyncDispose](), stopMs);
      await soon(instance.exited, stopMs);
      slowest.stop = Math.max(slowest.stop, performance.now() - stop);
    }
  });
});

/** Calls that are not answered end with the connection, or by the deadline that callers have. */
async function served(instance: InstanceV1): Promise<"served" | "lost" | "unanswered"> {
  const client = await connectRaw(instance.transport);
  const calls = Promise.all([1, 2, 3].map(() => client.request("ping")));
  calls.catch(() => {});
  const answered = calls.then(
    () => "served" as const,
    () => "lost" as const,
  );
  return Promise.race([answered, pause(callMs, "unanswered" as const, { ref: false })]);
}

function assertPlain(error: unknown): void {
  assert.ok(OmgError.is(error), `no OmgError: ${error instanceof Error ? error.stack : error}`);
  assert.match(error.reason, /^(?:runtime_unavailable|upstream_start_failed|cancelled)$/);
  assert.match(error.message, plain);
  assert.doesNotMatch(error.message, raw);
}

/** Milliseconds until an owner has no container in any state. */
async function goneAfter(engine: Engine, owner: string): Promise<number> {
  const from = performance.now();
  for (;;) {
    const left = await engine.list(ofOwner(owner));
    const ms = performance.now() - from;
    if (left.length === 0) return ms;
    assert.ok(ms < goneMs, `left after ${goneMs / 1000} s: ${left.map(({ id }) => id)}`);
    await pause(200);
  }
}

async function soon<T>(promise: PromiseLike<T>, ms: number): Promise<T> {
  const late = pause(ms, undefined, { ref: false }).then(() => assert.fail(`it hung for ${ms} ms`));
  return Promise.race([promise, late]);
}

function listed(counts: ReadonlyMap<string, number>): string {
  return [...counts]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([key, number]) => `${key} ${number}`)
    .join(", ");
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
