// All that knows the place: here, processes on this machine. Replace it by what starts, ends and finds servers in yours.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { OmgError, type StartRequest } from "@omg/core/runtime";
import type { Options } from "./options.ts";

/** A server that runs in the place. */
export interface RunningServer {
  /** What the place calls it, for people who read logs. */
  readonly id: string;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Settles when it has ended, and says how. */
  readonly ended: Promise<string>;
  /** Asks it to end. */
  terminate(): void;
  /** Ends it by force, with all that it started, and resolves when nothing is left. */
  kill(): Promise<void>;
}

/** What finds a server again that a killed gateway left behind. A container or a machine has labels for this. */
const marker = "OMG_OWNER";
const killMs = 500;

/** Starts a server. Rejects with an `OmgError`, and leaves nothing then. */
export async function launch(request: StartRequest<Options>): Promise<RunningServer> {
  const { server, options, env, owner, baseDirectory } = request;
  throwIfAborted(request);
  let running: RunningServer;
  try {
    const child = spawn(options.command, options.args, {
      cwd: baseDirectory,
      env: { ...env, [marker]: owner },
      // In a group of its own, so that a signal reaches what it starts, too.
      detached: true,
    });
    running = runningServer(child);
    await once(child, "spawn");
  } catch (cause) {
    // A place that is away is no fault of the server's: throw "runtime_unavailable" for that, and it is tried again soon.
    throw new OmgError("upstream_start_failed", {
      server,
      cause,
      message: `Server '${server}' did not start: ${(cause as Error).message}. Check "command".`,
    });
  }
  if (request.signal.aborted) await running.kill();
  throwIfAborted(request);
  return running;
}

/** Ends what a gateway has left behind. Rejects when the signal aborts before nothing is left. */
export async function killAllOf(owner: string, signal: AbortSignal): Promise<void> {
  for (let pids = await processesOf(owner); pids.length > 0; pids = await processesOf(owner)) {
    signal.throwIfAborted();
    for (const pid of pids) sendSignal(pid, "SIGKILL");
    await delay(20);
  }
}

/** What runs of a gateway's servers. Systems without /proc do not tell. */
export async function processesOf(owner: string): Promise<number[]> {
  const pids = process.platform === "linux" ? (await readdir("/proc")).map(Number) : [];
  const others = pids.filter((pid) => pid > 1 && pid !== process.pid);
  const environments = await Promise.all(others.map(environmentOf));
  return others.filter((_, index) => environments[index]?.includes(`${marker}=${owner}`));
}

function runningServer(child: ChildProcessWithoutNullStreams): RunningServer {
  const { pid, stdin, stdout, stderr } = child;
  const signalGroup = (signal: NodeJS.Signals) => pid !== undefined && sendSignal(-pid, signal);
  return {
    id: String(pid),
    stdin,
    stdout,
    stderr,
    ended: new Promise((settle) => {
      child.once("exit", (code, signal) => {
        settle(signal === null ? `exit code ${code}` : `signal ${signal}`);
      });
    }),
    terminate() {
      signalGroup("SIGTERM");
    },
    async kill() {
      const end = performance.now() + killMs;
      while (signalGroup("SIGKILL") && performance.now() < end) await delay(5);
    },
  };
}

/** False if there is nobody to hear it. */
function sendSignal(target: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(target, signal);
  } catch {
    return false;
  }
}

async function environmentOf(pid: number): Promise<string[]> {
  try {
    return (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
  } catch {
    // It has gone meanwhile, or is somebody else's.
    return [];
  }
}

function throwIfAborted({ server, signal }: StartRequest<Options>): void {
  if (!signal.aborted) return;
  throw new OmgError("cancelled", {
    server,
    cause: signal.reason,
    message: `The start of server '${server}' was cancelled`,
  });
}
