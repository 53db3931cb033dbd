import { spawn } from "node:child_process";
import { once } from "node:events";
import { repository } from "../../../apps/gateway/test/support/omg.ts";
import { takeAlong } from "../../../apps/gateway/test/support/take-along.ts";

/**
 * Runs a program of the repository that puts a promise to the test by itself. Gives the last line that it printed;
 * throws that and what came before when it failed.
 */
export function shownBy(program: string, ...args: readonly string[]): Promise<string> {
  return lastLineOf([program, ...args]);
}

/** Runs one file of tests, or those of its tests whose names match; gives what they came to. */
export async function shownByTests(file: string, name?: string): Promise<string> {
  const only = name === undefined ? [] : ["-t", name];
  await lastLineOf(["node_modules/vitest/vitest.mjs", "run", file, ...only]);
  return `the tests in ${file} pass${name === undefined ? "" : ` (${name})`}`;
}

async function lastLineOf(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, args, { cwd: repository, stdio: ["ignore", "pipe", "pipe"] });
  takeAlong(child, "SIGTERM");
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      said = (said + chunk).slice(-20_000);
    });
  }
  const [code] = await once(child, "close");
  const lines = said.trim().split("\n");
  if (code !== 0) throw new Error(`${args.join(" ")} ended with ${code}:\n${lines.slice(-20).join("\n")}`);
  return lines.at(-1) ?? "";
}
