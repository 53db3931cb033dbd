import { type ChildProcess, type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { hasArgument, processTree } from "../measure/processes.ts";

/** The MCP server that stands behind every target. */
export const fixtureFile = fileURLToPath(new URL("../fixtures/server.mjs", import.meta.url));

/** Whether a process is the fixture, or a program that has it among its arguments. */
export function isFixture(pid: number): boolean {
  return hasArgument(pid, fixtureFile);
}

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export interface Launched {
  readonly child: Child;
  /** What it has written so far, to stdout and stderr. */
  output(): string;
  /** Resolves when it writes more. */
  more(): Promise<void>;
}

const STOP_MS = 5_000;
const OUTPUT_CHARACTERS = 65_536;

/** Starts processes, and sees to it that none of them and no file of theirs is left. */
export class Launcher {
  readonly folder = mkdtempSync(join(tmpdir(), "omg-bench-"));
  #homes = 0;

  /** A folder for the home, the temporary files and the state of a program. */
  newHome(): string {
    const home = join(this.folder, `home-${++this.#homes}`);
    mkdirSync(join(home, "tmp"), { recursive: true });
    return home;
  }

  /** Starts a program in a short environment of its own: no options for Node get in from outside. */
  launch(command: string, args: readonly string[], options: { home?: string | undefined } = {}): Launched {
    const home = options.home ?? this.newHome();
    const child = spawn(command, args, {
      cwd: home,
      env: environment(home),
      stdio: ["pipe", "pipe", "pipe"],
    });
    let written = "";
    let waiting: (() => void)[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        if (written.length < OUTPUT_CHARACTERS) written += chunk.toString();
        for (const resolve of waiting) resolve();
        waiting = [];
      });
    }
    // Whoever waits for the program sees that it ends; its pipe may break before.
    child.on("error", (error) => {
      written += String(error);
    });
    child.stdin.on("error", () => {});
    const more = () => new Promise<void>((resolve) => waiting.push(resolve));
    return { child, output: () => written, more };
  }

  /** Likewise, for a program that speaks over stdin and stdout: its stdout is the caller's alone. */
  launchPiped(
    command: string,
    args: readonly string[],
    options: { home?: string | undefined } = {},
  ): ChildProcess {
    const home = options.home ?? this.newHome();
    return spawn(command, args, { cwd: home, env: environment(home), stdio: ["pipe", "pipe", "inherit"] });
  }

  /** Runs a program to its end, in a home that is there. Throws with what it said if it fails. */
  async run(command: string, args: readonly string[], home: string): Promise<void> {
    const { child, output } = this.launch(command, args, { home });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`${basename(command)} ${args.join(" ")} failed: ${output()}`);
  }

  /** Ends a program as a user would; by force if that takes too long. */
  async stop(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    child.kill("SIGTERM");
    await ended;
    clearTimeout(timer);
  }

  /** Ends at once whatever this process has started, and removes its files. */
  clear(): void {
    for (const pid of processTree(process.pid).slice(1)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It ended by itself.
      }
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  }
}

function environment(home: string): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:${process.env.PATH ?? ""}`,
    HOME: home,
    TMPDIR: join(home, "tmp"),
    XDG_STATE_HOME: join(home, "state"),
    XDG_CACHE_HOME: join(home, "cache"),
  };
}
