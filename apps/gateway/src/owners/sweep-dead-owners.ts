import { promises, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { RuntimeV1 } from "@omg/core";
import { type OwnerRecord, ownersFolder, parseOwnerRecord } from "./owner-record.ts";
import { here, isProvablyDead } from "./proof-of-death.ts";

export interface SweepOptions {
  readonly runtimes: readonly RuntimeV1[];
  /** The checked options of the catalog's servers, by runtime: where to look. */
  readonly options: ReadonlyMap<string, readonly unknown[]>;
  readonly baseDirectory: string;
  readonly signal: AbortSignal;
  /** A runtime could not remove what an owner left; the record stays for the next sweep. */
  readonly onFailure: (owner: string, runtime: string, error: unknown) => void;
  readonly folder?: string | undefined;
}

/**
 * Removes what owners that are provably dead left behind, as far as the given runtimes can, and gives the owners of
 * whom nothing is left. Never rejects.
 */
export async function sweepDeadOwners(options: SweepOptions): Promise<string[]> {
  const folder = options.folder ?? ownersFolder();
  if (folder === undefined) return [];
  const names = readOr([], () => readdirSync(folder));
  const swept = await Promise.all(names.sort().map((name) => sweepRecord(join(folder, name), options)));
  return swept.filter((owner) => owner !== undefined);
}

async function sweepRecord(file: string, options: SweepOptions): Promise<string | undefined> {
  const text = readOr(undefined, () => readFileSync(file, "utf8"));
  const record = text === undefined ? undefined : parseOwnerRecord(text);
  if (!record || !isProvablyDead(record, here())) return undefined;
  const done = await Promise.all(record.runtimes.map((name) => sweepRuntime(record, name, options)));
  if (done.includes(false)) return undefined;
  // Another gateway may have been first.
  const removed = await promises.rm(file).then(
    () => true,
    () => false,
  );
  return removed ? record.owner : undefined;
}

/** Small local files are read at once: a start is there sooner without `node:fs/promises`. */
function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** Whether nothing that this runtime started for the owner is left. */
async function sweepRuntime(record: OwnerRecord, name: string, sweep: SweepOptions): Promise<boolean> {
  const { runtimes, signal, baseDirectory, onFailure } = sweep;
  const runtime = runtimes.find((candidate) => candidate.name === name);
  // A gateway whose catalog names it will come.
  if (!runtime) return false;
  try {
    const options = sweep.options.get(name) ?? [];
    await within(signal, runtime.sweep?.({ owner: record.owner, signal, options, baseDirectory }));
    return true;
  } catch (error) {
    onFailure(record.owner, name, error);
    return false;
  }
}

/** A runtime that does not heed the signal must not hold up the others. */
function within(signal: AbortSignal, work: Promise<void> | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const giveUp = () => reject(signal.reason);
  signal.addEventListener("abort", giveUp, { once: true });
  if (signal.aborted) giveUp();
  Promise.resolve(work).then(resolve, reject);
  return promise.finally(() => signal.removeEventListener("abort", giveUp));
}
