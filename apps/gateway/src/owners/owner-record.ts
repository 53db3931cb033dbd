import { join } from "node:path";
import { stateFolder } from "../state/state-folder.ts";

/** What a gateway leaves on disk while it lives, so that a later one can tell that it died. */
export interface OwnerRecord {
  readonly owner: string;
  readonly pid: number;
  /** Start time of the process, in ticks since the boot: a pid alone is used again. */
  readonly startTime?: string | undefined;
  readonly bootId?: string | undefined;
  readonly machineId?: string | undefined;
  readonly pidNamespace?: string | undefined;
  /** The runtimes that may have started something. */
  readonly runtimes: readonly string[];
}

/** Where owners are recorded. Undefined for a user without a home. */
export function ownersFolder(): string | undefined {
  const state = stateFolder();
  return state && join(state, "owners");
}

/** Reads a record. Undefined for anything else: what a sweep removes must never depend on a stray file. */
export function parseOwnerRecord(text: string): OwnerRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isOwnerRecord(value) ? value : undefined;
}

const optionalTexts = ["startTime", "bootId", "machineId", "pidNamespace"];

function isOwnerRecord(value: unknown): value is OwnerRecord {
  if (typeof value !== "object" || value === null) return false;
  const record = value as Record<string, unknown>;
  return (
    typeof record.owner === "string" &&
    // The form of our own ids: a sweep for an empty one would fit the things of every owner.
    /^[0-9a-f]{12}$/.test(record.owner) &&
    Number.isInteger(record.pid) &&
    (record.pid as number) > 0 &&
    Array.isArray(record.runtimes) &&
    record.runtimes.every((name) => typeof name === "string") &&
    optionalTexts.every((key) => record[key] === undefined || typeof record[key] === "string")
  );
}
