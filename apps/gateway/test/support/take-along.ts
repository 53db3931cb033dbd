import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

const children = new Set<ChildProcess>();

process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

/** Kills a child when this process ends before it does. */
export function takeAlong(child: ChildProcess): void {
  children.add(child);
  child.once("exit", () => children.delete(child));
}

/** Makes an interruption end this process in the usual way, with all that it takes along. */
export function exitOnInterruption(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => process.exit(128 + constants.signals[signal]));
  }
}
