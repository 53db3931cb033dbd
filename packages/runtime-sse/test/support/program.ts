import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { listening } from "./http-server.ts";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

/** The file of a program that an npm package brings. */
export function programOf(name: string, program: string): string {
  const file = join(modules, name, "package.json");
  const { bin } = JSON.parse(readFileSync(file, "utf8")) as { bin: string | Record<string, string> };
  return join(dirname(file), typeof bin === "string" ? bin : (bin[program] ?? ""));
}

/** A port that was free a moment ago, for programs that want to be told one. */
export async function freePort(): Promise<number> {
  const server = await listening(createServer());
  await server[Symbol.asyncDispose]();
  return Number(new URL(server.origin).port);
}

export interface Program extends AsyncDisposable {
  readonly child: ChildProcess;
}

/** Runs a file in Node until it says that it is ready; disposing it ends it and everything that it has started. */
export async function runProgram(
  args: readonly string[],
  ready: RegExp,
  env: Record<string, string> = {},
): Promise<Program> {
  const child = spawn(process.execPath, args, {
    detached: true,
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const program = {
    child,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) process.kill(-(child.pid ?? 0), "SIGKILL");
      await closed;
    },
  };
  let output = "";
  await new Promise<void>((resolve, reject) => {
    const take = (bytes: Buffer) => {
      output += bytes;
      if (ready.test(output)) resolve();
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    void closed.then(() => reject(new Error(`${args[0]} ended: ${output}`)));
  });
  return program;
}
