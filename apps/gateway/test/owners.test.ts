import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeV1 } from "@omg/core";
import { describe, expect, test } from "vitest";
import { claimOwner } from "../src/owners/claim-owner.ts";
import { type OwnerRecord, parseOwnerRecord } from "../src/owners/owner-record.ts";
import { type Here, here, isProvablyDead } from "../src/owners/proof-of-death.ts";
import { sweepDeadOwners } from "../src/owners/sweep-dead-owners.ts";
import { bury, deadPid, sweepingRuntime as runtime } from "./support/dead-owners.ts";
import { Sandbox } from "./support/omg.ts";

const record: OwnerRecord = {
  owner: "0123456789ab",
  pid: 4242,
  startTime: "77",
  bootId: "boot",
  machineId: "machine",
  pidNamespace: "pid:[1]",
  runtimes: ["one"],
};

/** The record's own machine, with a process of its pid that started at another time. */
const place: Here = {
  machineId: "machine",
  bootId: "boot",
  pidNamespace: "pid:[1]",
  startTimeOf: () => "78",
  isGone: () => false,
};

describe("an owner is dead", () => {
  test("when its pid belongs to another process now, or to none", () => {
    expect(isProvablyDead(record, place)).toBe(true);
    expect(isProvablyDead(record, { ...place, startTimeOf: () => undefined, isGone: () => true })).toBe(true);
  });

  test("when its machine has been started again", () => {
    expect(isProvablyDead({ ...record, bootId: "before" }, { ...place, startTimeOf: () => "77" })).toBe(true);
  });

  test("also on a machine without an id, within one boot", () => {
    expect(isProvablyDead({ ...record, machineId: undefined }, { ...place, machineId: undefined })).toBe(
      true,
    );
  });
});

describe("an owner counts as alive", () => {
  const cases: [string, Partial<OwnerRecord>, Partial<Here>][] = [
    ["whose process runs", {}, { startTimeOf: () => "77" }],
    ["whose process is hidden from us", {}, { startTimeOf: () => undefined }],
    ["of another machine", { machineId: "other" }, {}],
    ["of another machine, by its boot too", { machineId: "other", bootId: "other" }, {}],
    ["of another pid namespace", { pidNamespace: "pid:[2]" }, {}],
    [
      "of another boot, where nothing says which machine",
      { machineId: undefined, bootId: "other" },
      { machineId: undefined },
    ],
    ["whose record has no machine", { machineId: undefined }, {}],
    ["whose record has no pid namespace", { pidNamespace: undefined }, { pidNamespace: undefined }],
    ["whose record has no boot", { bootId: undefined }, {}],
    [
      "whose record has no start time",
      { startTime: undefined },
      { startTimeOf: () => undefined, isGone: () => true },
    ],
    ["where the system does not tell its boot", {}, { bootId: undefined }],
  ];
  test.each(cases)("%s", (_, record_, place_) => {
    expect(isProvablyDead({ ...record, ...record_ }, { ...place, ...place_ })).toBe(false);
  });
});

test.runIf(process.platform === "linux")("a gateway records all that proves its death", () => {
  using sandbox = new Sandbox();
  const owner = claimOwner([runtime("one", () => {})], sandbox.folder);
  const file = join(sandbox.folder, `${owner.id}.json`);
  const written = parseOwnerRecord(readFileSync(file, "utf8")) as OwnerRecord;
  expect(written).toMatchObject({
    owner: owner.id,
    pid: process.pid,
    runtimes: ["one"],
    bootId: here().bootId,
  });
  expect(isProvablyDead(written, here())).toBe(false);
  expect(isProvablyDead({ ...written, startTime: "1" }, here())).toBe(true);
  owner.record([runtime("two", () => {})]);
  // What a reload takes away may still run.
  expect(parseOwnerRecord(readFileSync(file, "utf8"))?.runtimes).toEqual(["one", "two"]);
  owner.release();
  expect(existsSync(file)).toBe(false);
});

test("a gateway that can keep no record goes on without one, and says why", () => {
  using sandbox = new Sandbox();
  const owner = claimOwner([], join(sandbox.write("file", ""), "owners"));
  expect(owner).toMatchObject({
    id: expect.stringMatching(/^[0-9a-f]{12}$/),
    unrecorded: expect.stringContaining("ENOTDIR"),
  });
  owner.release();
});

describe("the sweep", () => {
  test("passes over whatever is no record", async () => {
    using sandbox = new Sandbox();
    const { bootId, machineId, pidNamespace } = here();
    const dead = { ...record, pid: deadPid(), bootId, machineId, pidNamespace, startTime: "1" };
    const strange = {
      "empty.json": "",
      "list.json": "[]",
      "null.json": "null",
      "no-runtimes.json": JSON.stringify({ ...dead, runtimes: undefined }),
      "names.json": JSON.stringify({ ...dead, runtimes: [1] }),
      "no-owner.json": JSON.stringify({ ...dead, owner: "" }),
      "pattern.json": JSON.stringify({ ...dead, owner: ".*" }),
      "pid.json": JSON.stringify({ ...dead, pid: -1 }),
      "boot.json": JSON.stringify({ ...dead, bootId: 5 }),
    };
    for (const [name, text] of Object.entries(strange)) sandbox.write(name, text);
    mkdirSync(join(sandbox.folder, "folder.json"));
    const swept: string[] = [];
    const result = await sweep(sandbox, [runtime("one", (owner) => swept.push(owner))]);
    expect([result.swept, result.failures, swept]).toEqual([[], [], []]);
    expect(readdirSync(sandbox.folder)).toHaveLength(Object.keys(strange).length + 1);
  });

  test("removes a dead owner's record once every runtime it names is swept, and names only those", async () => {
    using sandbox = new Sandbox();
    const both = bury(sandbox.folder, "aaaaaaaaaaaa", ["one", "two"]);
    const other = bury(sandbox.folder, "bbbbbbbbbbbb", ["one", "three"]);
    const swept: string[] = [];
    const runtimes = ["one", "two"].map((name) => runtime(name, (owner) => swept.push(`${name} ${owner}`)));
    const result = await sweep(sandbox, runtimes);
    expect(result).toEqual({ swept: ["aaaaaaaaaaaa"], failures: [] });
    expect(swept.sort()).toEqual(["one aaaaaaaaaaaa", "one bbbbbbbbbbbb", "two aaaaaaaaaaaa"]);
    expect([existsSync(both), existsSync(other)]).toEqual([false, true]);
  });

  test("tells each runtime where its servers run, if it has any", async () => {
    using sandbox = new Sandbox();
    bury(sandbox.folder, "aaaaaaaaaaaa", ["one", "two"]);
    const asked: unknown[] = [];
    const note = (name: string) => runtime(name, (owner, { options }) => asked.push([name, owner, options]));
    await sweep(sandbox, [note("one"), note("two")]);
    expect(asked).toEqual([
      ["one", "aaaaaaaaaaaa", [{ where: "here" }]],
      ["two", "aaaaaaaaaaaa", []],
    ]);
  });

  test("gives a runtime up that does not end in time", async () => {
    using sandbox = new Sandbox();
    const file = bury(sandbox.folder, "aaaaaaaaaaaa", ["one"]);
    const ending = new AbortController();
    const hanging = runtime("one", () => {
      ending.abort(new Error("too late"));
      return new Promise(() => {});
    });
    const result = await sweep(sandbox, [hanging], ending.signal);
    expect(result).toEqual({ swept: [], failures: ["aaaaaaaaaaaa one too late"] });
    expect(existsSync(file)).toBe(true);
  });

  test("goes on when one runtime fails, says so, and keeps that record", async () => {
    using sandbox = new Sandbox();
    const failed = bury(sandbox.folder, "aaaaaaaaaaaa", ["bad", "good"]);
    bury(sandbox.folder, "bbbbbbbbbbbb", ["good"]);
    const swept: string[] = [];
    const bad = runtime("bad", () => {
      throw new Error("no engine");
    });
    const result = await sweep(sandbox, [bad, runtime("good", (owner) => swept.push(owner))]);
    expect(result).toEqual({ swept: ["bbbbbbbbbbbb"], failures: ["aaaaaaaaaaaa bad no engine"] });
    expect(swept.sort()).toEqual(["aaaaaaaaaaaa", "bbbbbbbbbbbb"]);
    expect(existsSync(failed)).toBe(true);
  });
});

async function sweep(sandbox: Sandbox, runtimes: RuntimeV1[], signal = AbortSignal.timeout(5000)) {
  const failures: string[] = [];
  const swept = await sweepDeadOwners({
    runtimes,
    options: new Map([["one", [{ where: "here" }]]]),
    baseDirectory: "/",
    signal,
    onFailure: (owner, name, error) => failures.push(`${owner} ${name} ${(error as Error).message}`),
    folder: sandbox.folder,
  });
  return { swept, failures };
}
