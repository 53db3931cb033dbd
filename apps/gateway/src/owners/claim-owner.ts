import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeV1 } from "@omg/core";
import { type OwnerRecord, ownersFolder } from "./owner-record.ts";
import { here } from "./proof-of-death.ts";

export interface Owner {
  readonly id: string;
  /** Why this gateway left no record of itself, if so. */
  readonly unrecorded?: string;
  /** Notes further runtimes that may start something from now on. */
  record(runtimes: readonly RuntimeV1[]): void;
  /** Everything this gateway started is gone. */
  release(): void;
}

/** Registers this gateway as the owner of what it will start. Goes on without a record where none can be kept. */
export function claimOwner(runtimes: readonly RuntimeV1[], folder = ownersFolder()): Owner {
  const id = randomBytes(6).toString("hex");
  const unrecorded = (why: string): Owner => ({
    id,
    unrecorded: why,
    record: () => {},
    release: () => {},
  });
  if (folder === undefined) return unrecorded("this user has no home directory; set HOME or XDG_STATE_HOME");
  const file = join(folder, `${id}.json`);
  // Never less: what a reload takes away may still run for a while.
  const names = new Set(runtimes.map(({ name }) => name));
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    write(file, id, names);
  } catch (error) {
    return unrecorded((error as Error).message);
  }
  return {
    id,
    record(now) {
      for (const { name } of now) names.add(name);
      rewrite(file, id, names);
    },
    release: () => remove(file),
  };
}

function write(file: string, id: string, runtimes: ReadonlySet<string>): void {
  writeFileSync(file, JSON.stringify(recordOf(id, runtimes)), { mode: 0o600 });
}

function rewrite(file: string, id: string, runtimes: ReadonlySet<string>): void {
  try {
    write(file, id, runtimes);
  } catch {
    // The record of the start still tells who is alive.
  }
}

function recordOf(owner: string, runtimes: ReadonlySet<string>): OwnerRecord {
  const { machineId, bootId, pidNamespace, startTimeOf } = here();
  const { pid } = process;
  const startTime = startTimeOf(pid);
  return { owner, pid, startTime, bootId, machineId, pidNamespace, runtimes: [...runtimes] };
}

function remove(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // It stays, and a later gateway finds nothing to remove behind it.
  }
}
