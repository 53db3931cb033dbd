import { Launcher } from "./targets/launcher.ts";

export interface Program {
  /** Longest time it may take; then everything is ended, and the exit code is 1. */
  readonly longestMs: number;
  /** What it does. A rejection is printed, and makes the exit code 1. */
  main(launcher: Launcher): Promise<void>;
}

/** Runs this process's program, and leaves no process and no file of it behind, however it ends. */
export async function runProgram({ longestMs, main }: Program): Promise<never> {
  const launcher = new Launcher();
  process.on("exit", () => launcher.clear());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(1));
  setTimeout(() => {
    say(`Given up after ${longestMs / 60_000} minutes`);
    process.exit(1);
  }, longestMs).unref();
  try {
    await main(launcher);
  } catch (error) {
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  }
  // Whatever a failed scenario left open must not hold the process up.
  process.exit();
}

/** Reads the arguments; a wrong one is told with how it goes, and makes the exit code 2. */
export function argumentsOr<Options>(
  usage: string,
  read: (args: readonly string[]) => Options,
): Options | undefined {
  try {
    return read(process.argv.slice(2));
  } catch (error) {
    say(`${(error as Error).message}\n\n${usage.trimEnd()}`);
    process.exitCode = 2;
    return undefined;
  }
}

/** Tells people how far it is; results go to stdout. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
