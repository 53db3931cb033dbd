import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

export const bin = fileURLToPath(new URL("../../src/create-omg-runtime.ts", import.meta.url));

export interface Run {
  readonly args?: readonly string[];
  readonly cwd: string;
  /** Code that runs in the process before the command. */
  readonly before?: string;
}

/** Runs the command without a terminal, to its end. */
export async function run({ args = [], cwd, before = "" }: Run) {
  const preload = `data:text/javascript,${encodeURIComponent(before)}`;
  const child = spawn(process.execPath, ["--import", preload, bin, ...args], { cwd, stdio: "pipe" });
  child.stdin.end();
  const [printed, complaints, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, "close"),
  ]);
  return { printed, complaints, code: code as number | null };
}
