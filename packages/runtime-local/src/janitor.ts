import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { janitorScript } from "./janitor-script.ts";
import { startTimeOf } from "./process-group.ts";

/**
 * A tiny process that outlives the gateway for a moment: once the gateway is gone, however that came about, it kills
 * what the gateway's servers left running. Started with the first server, started again whenever it dies itself.
 */
export interface Janitor {
  /** The janitor's process, while there is one. */
  readonly pid: number | undefined;
  /** Sees to it that the janitor runs and knows this owner. False when it can not run here. */
  watch(owner: string): boolean;
  /** Puts a process group under guard. */
  add(group: number): void;
  /** Takes back `add`: the group is gone. */
  remove(group: number): void;
  /** Ends the janitor without killing anything. It starts again with the next `watch`. */
  stop(): Promise<void>;
}

const STOP_MS = 1000;
/** A janitor that lived shorter than this is not replaced before the time is over. */
const RESTART_MS = 1000;

/** Makes a janitor that does not run yet. */
export function createJanitor(shell = "/bin/sh"): Janitor {
  const owners = new Set<string>();
  const groups = new Map<number, string | undefined>();
  let current: ChildProcess | undefined;

  const tell = (line: string) => current?.stdin?.write(`${line}\n`);
  const tellGroup = (group: number) => tell(`+${group} ${groups.get(group) ?? "unknown"}`);

  const run = (): boolean => {
    if (current) return true;
    const child = spawnJanitor(shell);
    if (child === undefined) return false;
    const startedAt = performance.now();
    current = child;
    child.once("exit", () => {
      if (current !== child) return;
      current = undefined;
      if (groups.size === 0) return;
      if (performance.now() - startedAt >= RESTART_MS) run();
      else setTimeout(() => groups.size > 0 && run(), RESTART_MS).unref();
    });
    for (const owner of owners) tell(`=${owner}`);
    for (const group of groups.keys()) tellGroup(group);
    return true;
  };

  return {
    get pid() {
      return current?.pid;
    },
    watch(owner) {
      if (!/^[^\n\0]+$/.test(owner)) throw new TypeError("An owner must be one line of text");
      if (!owners.has(owner)) {
        owners.add(owner);
        tell(`=${owner}`);
      }
      return run();
    },
    add(group) {
      groups.set(group, startTimeOf(group));
      tellGroup(group);
    },
    remove(group) {
      groups.delete(group);
      tell(`-${group}`);
    },
    async stop() {
      const child = current;
      current = undefined;
      owners.clear();
      groups.clear();
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      child.ref();
      const exited = once(child, "exit");
      const deadline = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      child.stdin?.end(".\n");
      await exited;
      clearTimeout(deadline);
    },
  };
}

function spawnJanitor(shell: string): ChildProcess | undefined {
  const child = spawn(shell, ["-c", janitorScript, "omg-janitor"], {
    cwd: "/",
    // No variable of the gateway: the janitor must not carry anyone's marker.
    env: { PATH: "/usr/local/bin:/usr/bin:/bin:/run/current-system/sw/bin" },
    // A session of its own: signals to the gateway's group or terminal do not reach it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.on("error", () => {});
  child.stdin?.on("error", () => {});
  if (child.pid === undefined) return undefined;
  child.unref();
  (child.stdin as (typeof child.stdin & { unref?(): void }) | null)?.unref?.();
  return child;
}
