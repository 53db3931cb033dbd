import { readdirSync, readFileSync } from "node:fs";

/** Linux counts CPU time for programs in hundredths of a second, on every machine. */
const TICK_MS = 10;

export interface ProcessStat {
  readonly pid: number;
  readonly parent: number;
  /** Milliseconds in user and in system mode, of all its threads. */
  readonly cpuMs: number;
  /** The same of its children that have ended, and of theirs. */
  readonly endedCpuMs: number;
}

/** Reads the text of `/proc/PID/stat`. The name in brackets may hold anything, brackets and spaces included. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    pid: Number.parseInt(text, 10),
    parent: Number(fields[1]),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS,
    endedCpuMs: (Number(fields[13]) + Number(fields[14])) * TICK_MS,
  };
}

/** CPU time that processes have used together, in milliseconds. One that is gone counts nothing. */
export function cpuMsOf(pids: readonly number[]): number {
  return sum(pids, (pid) => parseStat(read(`/proc/${pid}/stat`)).cpuMs);
}

/** The same, with what their ended children have used. */
export function cpuMsWithEnded(pids: readonly number[]): number {
  return sum(pids, (pid) => {
    const { cpuMs, endedCpuMs } = parseStat(read(`/proc/${pid}/stat`));
    return cpuMs + endedCpuMs;
  });
}

/** Memory that processes hold (resident set), in MB of 2^20 bytes. */
export function residentMbOf(pids: readonly number[]): number {
  return sum(
    pids,
    (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024,
  );
}

/** Files, sockets and pipes that processes have open. */
export function descriptorsOf(pids: readonly number[]): number {
  return sum(pids, (pid) => readdirSync(`/proc/${pid}/fd`).length);
}

/** A process and everything it started, as far as it still hangs together. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const { pid, parent } = parseStat(read(`/proc/${entry}/stat`));
      children.set(parent, [...(children.get(parent) ?? []), pid]);
    } catch {
      // It ended meanwhile.
    }
  }
  const tree = [root];
  for (const pid of tree) tree.push(...(children.get(pid) ?? []));
  return tree;
}

/** Whether a process has this text among its arguments. */
export function hasArgument(pid: number, argument: string): boolean {
  try {
    return read(`/proc/${pid}/cmdline`).split("\0").includes(argument);
  } catch {
    return false;
  }
}

function sum(pids: readonly number[], valueIn: (pid: number) => number): number {
  return pids.reduce((total, pid) => {
    try {
      return total + valueIn(pid);
    } catch {
      return total;
    }
  }, 0);
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
