import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

const KILL_MS = 500;
const POLL_MS = 5;

/** Signals every process of a group. False when there is none. */
export function signalGroup(group: number, signal: NodeJS.Signals | 0): boolean {
  return group > 1 && sendSignal(-group, signal);
}

/** Kills every process of a group and resolves when they are gone, or after half a second. */
export async function killGroup(group: number): Promise<void> {
  const deadline = performance.now() + KILL_MS;
  let left = signalGroup(group, "SIGKILL");
  while (left && performance.now() < deadline) {
    await delay(POLL_MS);
    left = signalGroup(group, 0);
  }
}

/** Signals one process. False when there is none, or it is none of ours. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  return pid > 1 && sendSignal(pid, signal);
}

/**
 * When a process started, in clock ticks since boot: with the pid, it names one process for ever. Undefined where
 * there is no /proc.
 */
export function startTimeOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // The name of the program stands in parentheses and may itself hold some; field 22 is the 20th behind it.
    return stat.slice(stat.lastIndexOf(") ") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

function sendSignal(target: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}
