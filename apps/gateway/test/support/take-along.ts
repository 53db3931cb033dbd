import type { ChildProcess } from "node:child_process";
import { constants } from "node:os";

const children = new Map<ChildProcess, NodeJS.Signals>();

process.once("exit", () => {
  for (const [child, signal] of children) child.kill(signal);
});

/** Ends a child when this process ends before it does: with SIGTERM one that takes others along itself, else for good. */
export function takeAlong(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): void {
  children.set(child, signal);
  child.once("exit", () => children.delete(child));
}

/** Makes an interruption end this process in the usual way, with all that it takes along, once `before` is done. */
export function exitOnInterruption(before: () => Promise<void> = async () => {}): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => void before().finally(() => process.exit(128 + constants.signals[signal])));
  }
}
