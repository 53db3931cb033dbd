import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Pipe } from "./raw-pipe.ts";

export interface Command {
  readonly command: string;
  readonly args: string[];
  readonly env: Record<string, string>;
}

/** A process that talks over stdin and stdout, until its input ends. */
export async function stdioPipe({ command, args, env }: Command): Promise<Pipe> {
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "ignore"] });
  const exited = once(child, "exit");
  await once(child, "spawn");
  const pipe = {
    onText: (_text: string) => {},
    async send(text: string) {
      child.stdin.write(`${text}\n`);
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
  createInterface({ input: child.stdout }).on("line", (line) => pipe.onText(line));
  return pipe;
}
