import { existsSync } from "node:fs";
import type { RuntimeV1 } from "@omg/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LogFields } from "../src/logging/logger.ts";
import { OwnerSweeper } from "../src/owners/owner-sweeper.ts";
import { bury, sweepingRuntime } from "./support/dead-owners.ts";
import { Sandbox } from "./support/omg.ts";

const everyMs = 60_000;
const failure = "What a dead gateway left behind can not be removed";
const success = "Removed what a dead gateway left behind";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A sweeper of the sandbox, and what it logs. */
function open(sandbox: Sandbox, runtimes: RuntimeV1[], options = new Map<string, unknown[]>()) {
  const logged: [message: string, fields: LogFields | undefined][] = [];
  const sweeper = new OwnerSweeper({
    catalog: { runtimes, options, baseDirectory: "/" },
    log: (_, message, fields) => logged.push([message, fields]),
    folder: sandbox.folder,
  });
  return { sweeper, logged, messages: () => logged.map(([message]) => message) };
}

/** Until a sweep has ended and the next one has its time. */
async function rested(): Promise<void> {
  while (vi.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets a minute pass, and the sweep that it brings. */
async function nextSweep(): Promise<void> {
  vi.advanceTimersByTime(everyMs);
  await rested();
}

test("what can not be removed at first is tried again every minute, and told once as long as the reason is the same", async () => {
  using sandbox = new Sandbox();
  const file = bury(sandbox.folder, "aaaaaaaaaaaa", ["engine"]);
  let why: string | undefined = "no engine answers";
  let sweeps = 0;
  const engine = sweepingRuntime("engine", () => {
    sweeps++;
    if (why !== undefined) throw new Error(why);
  });
  const { sweeper, logged, messages } = open(sandbox, [engine]);
  using _ = sweeper;
  await rested();
  for (let minute = 0; minute < 3; minute++) await nextSweep();
  expect([sweeps, messages()]).toEqual([4, [failure]]);
  why = "the engine refuses";
  await nextSweep();
  expect(messages()).toEqual([failure, failure]);
  expect(existsSync(file)).toBe(true);
  why = undefined;
  await nextSweep();
  expect(logged.at(-1)).toEqual([success, { owners: "aaaaaaaaaaaa" }]);
  expect(existsSync(file)).toBe(false);
});

test("a gateway that dies while this one lives is swept within a minute", async () => {
  using sandbox = new Sandbox();
  const owners: string[] = [];
  const { sweeper } = open(sandbox, [sweepingRuntime("one", (owner) => owners.push(owner))]);
  using _ = sweeper;
  await rested();
  bury(sandbox.folder, "bbbbbbbbbbbb", ["one"]);
  vi.advanceTimersByTime(everyMs - 1);
  expect(owners).toEqual([]);
  vi.advanceTimersByTime(1);
  await rested();
  expect(owners).toEqual(["bbbbbbbbbbbb"]);
});

test("there is one sweep at a time, however long it takes", async () => {
  using sandbox = new Sandbox();
  bury(sandbox.folder, "aaaaaaaaaaaa", ["one"]);
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const slow = sweepingRuntime("one", () => {
    begun.resolve();
    return end.promise;
  });
  const { sweeper } = open(sandbox, [slow]);
  using _ = sweeper;
  await begun.promise;
  expect(vi.getTimerCount()).toBe(0);
  end.resolve();
  await rested();
});

test("a sweep goes by the catalog of its time, with the runtimes that are in use", async () => {
  using sandbox = new Sandbox();
  const asked: unknown[] = [];
  const runtime = (name: string, made: string) =>
    sweepingRuntime(name, (_, { options }) => {
      asked.push([made, options]);
      throw new Error("not yet");
    });
  bury(sandbox.folder, "aaaaaaaaaaaa", ["one", "two"]);
  const first = new Map([["one", [{ host: "here" }]]]);
  const { sweeper } = open(sandbox, [runtime("one", "at start")], first);
  using _ = sweeper;
  await rested();
  expect(asked.splice(0)).toEqual([["at start", [{ host: "here" }]]]);

  const options = new Map([["one", [{ host: "there" }]]]);
  sweeper.follow({
    runtimes: [runtime("one", "later"), runtime("two", "later")],
    options,
    baseDirectory: "/",
  });
  await nextSweep();
  expect(asked.splice(0)).toEqual([
    ["at start", [{ host: "there" }]],
    ["later", []],
  ]);

  sweeper.follow({ runtimes: [runtime("two", "last")], options: new Map(), baseDirectory: "/" });
  await nextSweep();
  expect(asked).toEqual([["later", []]]);
});

test("it ends with its gateway: a sweep under way is given up without a word, and none follows", async () => {
  using sandbox = new Sandbox();
  bury(sandbox.folder, "aaaaaaaaaaaa", ["one"]);
  const begun = Promise.withResolvers<AbortSignal>();
  const hanging = sweepingRuntime("one", (_, { signal }) => {
    begun.resolve(signal);
    return new Promise(() => {});
  });
  const { sweeper, logged } = open(sandbox, [hanging]);
  const signal = await begun.promise;
  sweeper[Symbol.dispose]();
  expect(signal.aborted).toBe(true);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect([logged, vi.getTimerCount()]).toEqual([[], 0]);
});
