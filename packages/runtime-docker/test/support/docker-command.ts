import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Engine } from "./engine.ts";

const run = promisify(execFile);
const timeout = 60_000;
const maxBuffer = 64 * 1024 ** 2;

/** What the `docker` command prints, without the last line break. */
export async function docker(engine: Engine, ...args: readonly string[]): Promise<string> {
  return (await dockerBytes(engine, ...args)).toString().trimEnd();
}

export async function dockerBytes({ socketPath }: Engine, ...args: readonly string[]): Promise<Buffer> {
  const all = ["--host", `unix://${socketPath}`, ...args];
  return (await run("docker", all, { encoding: "buffer", timeout, maxBuffer })).stdout;
}
