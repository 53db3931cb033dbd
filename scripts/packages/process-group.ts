import type { ChildProcess } from "node:child_process";

/** Sends a signal to a process that was started `detached`, and to all that it started, as a terminal does. */
export function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // All of it has ended.
  }
}

/** Whether anything of it runs. */
export function isGroupRunning({ pid }: ChildProcess): boolean {
  try {
    return pid !== undefined && process.kill(-pid, 0);
  } catch {
    return false;
  }
}
