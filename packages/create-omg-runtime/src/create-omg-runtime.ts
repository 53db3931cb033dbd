#!/usr/bin/env node
import { once } from "node:events";
import { createInterface } from "node:readline/promises";
import { runCommand } from "./command.ts";
import { UsageError } from "./usage.ts";

// All files are written in one turn of the event loop: whoever interrupts is heard before it or after it.
for (const [signal, code] of Object.entries({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 })) {
  process.on(signal, () => process.exit(code));
}

const { stdin, stdout, stderr } = process;
try {
  stdout.write(await runCommand(process.argv.slice(2), stdin.isTTY && stdout.isTTY ? ask : undefined));
} catch (error) {
  stderr.write(`error: ${(error as Error).message}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}

/** The answer of whoever sits at the terminal; none if they end the input. */
async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: stdin, output: stdout });
  terminal.once("SIGINT", () => process.exit(130));
  const ended = once(terminal, "close").then(() => "");
  const answered = terminal.question(question).catch(() => "");
  try {
    return await Promise.race([answered, ended]);
  } finally {
    terminal.close();
  }
}
