import { readFileSync, readlinkSync } from "node:fs";
import type { OwnerRecord } from "./owner-record.ts";

/** The machine as this process sees it. What the system does not tell is undefined. */
export interface Here {
  readonly machineId: string | undefined;
  readonly bootId: string | undefined;
  readonly pidNamespace: string | undefined;
  /** Clock ticks from the boot to the start of a process. */
  startTimeOf(pid: number): string | undefined;
  /** Whether there is no such process. */
  isGone(pid: number): boolean;
}

export function here(): Here {
  return {
    machineId: textOf("/etc/machine-id"),
    bootId: textOf("/proc/sys/kernel/random/boot_id"),
    pidNamespace: attempt(() => readlinkSync("/proc/self/ns/pid")),
    startTimeOf,
    isGone,
  };
}

/**
 * Whether an owner is dead beyond doubt. A state folder may be shared by machines and containers, where a pid means
 * something else: whatever can not be judged from here counts as alive.
 */
export function isProvablyDead(record: OwnerRecord, at: Here): boolean {
  if (record.machineId !== at.machineId) return false;
  if (record.pidNamespace === undefined || record.pidNamespace !== at.pidNamespace) return false;
  if (record.bootId === undefined || at.bootId === undefined) return false;
  // The same boot is the same machine, with or without an id. Another boot may be that of another machine.
  if (record.bootId !== at.bootId) return record.machineId !== undefined;
  if (record.startTime === undefined) return false;
  const startTime = at.startTimeOf(record.pid);
  // The details of a process may be hidden from this user.
  return startTime === undefined ? at.isGone(record.pid) : startTime !== record.startTime;
}

/** Field 22 of /proc/PID/stat. */
function startTimeOf(pid: number): string | undefined {
  const stat = textOf(`/proc/${pid}/stat`);
  // The second field, the command, may hold spaces and parentheses; the rest follows its last parenthesis.
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}

function textOf(path: string): string | undefined {
  return attempt(() => readFileSync(path, "utf8").trim()) || undefined;
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
