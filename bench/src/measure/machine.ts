import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { cpuMsWithEnded, processTree } from "./processes.ts";

/** Where and under what circumstances a run took place. */
export interface Machine {
  /** The day of the run. */
  readonly date: string;
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly memoryGb: number;
  /** Mean number of processes that wanted to run in the last minute. */
  readonly load: number;
  /** Share of the processors that nobody used during one second, 0 to 1. */
  readonly idleShare: number;
}

export async function lookAtMachine(): Promise<Machine> {
  return {
    date: new Date().toISOString().slice(0, 10),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    // Without what whoever built it added to the version.
    kernel: /^[\d.]+/.exec(release())?.[0] ?? "unknown",
    memoryGb: Math.round(totalmem() / 2 ** 30),
    load: loadavg()[0] ?? 0,
    idleShare: await idleShare(1_000),
  };
}

async function idleShare(ms: number): Promise<number> {
  const before = times();
  await delay(ms);
  const after = times();
  return (after.idle - before.idle) / (after.total - before.total);
}

/** Watches who uses the processors from now on; the function it gives says what share others than we took, 0 to 1. */
export function watchOthers(): () => number {
  const before = times();
  const ours = ownCpuMs();
  return () => {
    const { idle, total } = times();
    const used = total - before.total - (idle - before.idle);
    // Processor time is counted in steps, so nothing at all may look like a little less.
    return Math.max(0, (used - (ownCpuMs() - ours)) / (total - before.total));
  };
}

function times(): { idle: number; total: number } {
  const all = cpus().map((cpu) => cpu.times);
  const idle = all.reduce((sum, time) => sum + time.idle, 0);
  return { idle, total: all.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.irq, idle) };
}

/** Of this process and all it started, those that have ended included. */
function ownCpuMs(): number {
  return cpuMsWithEnded(processTree(process.pid));
}
