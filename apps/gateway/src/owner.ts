import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import type { RuntimeV1 } from "@omg/core";

/** What a gateway leaves on disk while it lives, so that a later one can tell that it died. */
interface OwnerRecord {
  readonly owner: string;
  readonly pid: number;
  /** Start time of the process and id of the machine's boot: a pid alone is used again. */
  readonly startTime: string | undefined;
  readonly bootId: string | undefined;
  readonly runtimes: readonly string[];
}

export interface Owner {
  readonly id: string;
  /** Everything this gateway started is gone. */
  release(): void;
}

/** Where the gateway keeps what must outlive it: `$XDG_STATE_HOME/omg`, else `~/.local/state/omg`. */
function stateDirectory(): string {
  return join(process.env.XDG_STATE_HOME || join(homedir(), ".local", "state"), "omg");
}

/** Registers this gateway as the owner of what it will start. */
export function claimOwner(runtimes: readonly RuntimeV1[], directory = stateDirectory()): Owner {
  const id = randomBytes(6).toString("hex");
  const folder = join(directory, "owners");
  const file = join(folder, `${id}.json`);
  const record: OwnerRecord = {
    owner: id,
    pid: process.pid,
    startTime: startTimeOf(process.pid),
    bootId: bootId(),
    runtimes: runtimes.map((runtime) => runtime.name),
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, JSON.stringify(record), { mode: 0o600 });
  return { id, release: () => rmSync(file, { force: true }) };
}

/** Removes what owners that are provably dead left behind, as far as the given runtimes can. */
export async function sweepDeadOwners(
  runtimes: readonly RuntimeV1[],
  signal: AbortSignal,
  directory = stateDirectory(),
): Promise<string[]> {
  const folder = join(directory, "owners");
  const swept: string[] = [];
  for (const name of await readdir(folder).catch(() => [])) {
    const file = join(folder, name);
    const record = await readRecord(file);
    if (!record || isAlive(record)) continue;
    const able = runtimes.filter((runtime) => record.runtimes.includes(runtime.name));
    await Promise.all(able.map((runtime) => runtime.sweep?.({ owner: record.owner, signal })));
    if (able.length === record.runtimes.length) await rm(file, { force: true });
    swept.push(record.owner);
  }
  return swept;
}

async function readRecord(file: string): Promise<OwnerRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as OwnerRecord;
  } catch {
    return undefined;
  }
}

function isAlive(record: OwnerRecord): boolean {
  const boot = bootId();
  if (record.bootId !== boot) return false;
  const startTime = startTimeOf(record.pid);
  if (record.startTime !== undefined) return startTime === record.startTime;
  // Without /proc the pid is all there is to go by; a doubt counts as alive.
  try {
    process.kill(record.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Clock ticks from the boot to the start of a process: field 22 of /proc/PID/stat. */
function startTimeOf(pid: number): string | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  // The second field, the command, may hold spaces and parentheses; the rest follows its last parenthesis.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function bootId(): string | undefined {
  return readProc("/proc/sys/kernel/random/boot_id")?.trim();
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
