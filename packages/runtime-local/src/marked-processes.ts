// Not `node:fs/promises`: Node loads it when it is used, and a start of the gateway does not wait for it.
import { promises as files } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { signalGroup, signalProcess } from "./process-group.ts";

/** Finds processes by a marker in the environment they were started with: also those that left their group. */
export interface MarkedProcesses {
  /** Kills all processes with this marker, the groups that they lead, and what they start meanwhile. Does nothing where there is no /proc. */
  kill(marker: string, signal?: AbortSignal): Promise<void>;
}

/** The variables that every process of a server carries. */
export function markersOf(request: {
  readonly owner: string;
  readonly server: string;
  readonly instanceId: string;
}): Record<string, string> {
  return { OMG_OWNER: request.owner, OMG_SERVER: request.server, OMG_INSTANCE: request.instanceId };
}

export function ownerMarker(owner: string): string {
  return `OMG_OWNER=${owner}`;
}

export function instanceMarker(instanceId: string): string {
  return `OMG_INSTANCE=${instanceId}`;
}

const MAX_ROUNDS = 20;
const ROUND_MS = 25;
/** After so many rounds that found nothing there is nothing, even if some process could not be seen in each. */
const MAX_EMPTY_ROUNDS = 3;
const FILES_AT_ONCE = 16;
/** How often a file is tried again that can not be opened because too many are. */
const MAX_TRIES = 40;
/** PF_KTHREAD of Linux. */
const KERNEL_THREAD = 0x200000;

/** `read` gives what is in `/proc`. */
export function markedProcesses(read: ReadProc = files): MarkedProcesses {
  let running: Promise<unknown> = Promise.resolve();
  let upcoming: Promise<Scan> | undefined;
  let lasting: ReadonlySet<string> = new Set();

  // Many instances may stop at once: all who ask while one scan runs share the next.
  const scan = () => {
    upcoming ??= running.then(() => {
      upcoming = undefined;
      const current = scanProcesses(read, lasting);
      running = current.then((scan) => {
        lasting = scan.lasting;
      });
      return current;
    });
    return upcoming;
  };

  return {
    async kill(marker, signal) {
      if (process.platform !== "linux" || marker.endsWith("=")) return;
      for (let round = 0, empty = 0; round < MAX_ROUNDS && empty < MAX_EMPTY_ROUNDS; round++) {
        signal?.throwIfAborted();
        const { byMarker, isComplete } = await scan();
        const pids = byMarker.get(marker) ?? [];
        empty = pids.length === 0 ? empty + 1 : 0;
        if (empty > 0 && isComplete) return;
        for (const pid of pids) {
          // What a leader started may have dropped the marker, but not left the group.
          signalGroup(pid, "SIGKILL");
          signalProcess(pid, "SIGKILL");
        }
        await delay(ROUND_MS);
      }
    },
  };
}

export interface ReadProc {
  readdir(path: string): Promise<string[]>;
  readFile(path: string): Promise<Buffer>;
}

interface Scan {
  readonly byMarker: ReadonlyMap<string, readonly number[]>;
  readonly lasting: ReadonlySet<string>;
  /** Whether each process was seen, and none was just becoming another program or ended before it was read. */
  readonly isComplete: boolean;
}

/** `before`: what was lasting when it was last looked. */
async function scanProcesses(read: ReadProc, before: ReadonlySet<string>): Promise<Scan> {
  const byMarker = new Map<string, number[]>();
  const lasting = new Set<string>();
  const names = await patiently(() => read.readdir("/proc")).catch(() => undefined);
  let isComplete = names !== undefined;
  const pids = (names ?? []).map(Number).filter((pid) => pid > 1);
  const visit = async (pid: number) => {
    const found = await readMarkers(pid, read);
    if ("isUnclear" in found) {
      if (found.lasting !== undefined) lasting.add(found.lasting);
      if (found.lasting === undefined || !before.has(found.lasting)) isComplete = false;
      return;
    }
    for (const marker of found) {
      const others = byMarker.get(marker);
      if (others) others.push(pid);
      else byMarker.set(marker, [pid]);
    }
  };
  for (let from = 0; from < pids.length; from += FILES_AT_ONCE) {
    await Promise.all(pids.slice(from, from + FILES_AT_ONCE).map(visit));
  }
  return { byMarker, lasting, isComplete };
}

/** The markers of a process can not be told: it has ended since it was listed, or is in the middle of an `exec`. */
interface Unclear {
  readonly isUnclear: true;
  /** Names what may stay so for ever: a zombie, and a process without any variable. */
  readonly lasting?: string;
}

async function readMarkers(pid: number, read: ReadProc): Promise<readonly string[] | Unclear> {
  if (pid === process.pid) return [];
  try {
    const environment = await patiently(() => read.readFile(`/proc/${pid}/environ`));
    if (environment.length === 0) return await withoutEnvironment(pid, read);
    if (!environment.includes("OMG_")) return [];
    return environment
      .toString()
      .split("\0")
      .filter((entry) => entry.startsWith("OMG_OWNER=") || entry.startsWith("OMG_INSTANCE="));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another user's, hence not ours.
    if (code === "EACCES" || code === "EPERM") return [];
    return withoutEnvironment(pid, read);
  }
}

/** What becomes of a process that shows no environment, by proc_pid_stat(5). */
async function withoutEnvironment(pid: number, read: ReadProc): Promise<readonly string[] | Unclear> {
  const stat = await patiently(() => read.readFile(`/proc/${pid}/stat`)).catch(() => undefined);
  if (stat === undefined) return { isUnclear: true };
  const text = stat.toString("latin1");
  // The name in parentheses may hold any character. What follows it begins with field 3.
  const fields = text.slice(text.lastIndexOf(") ") + 2).split(" ");
  const [state, flags, startTime, environmentStart] = [fields[0], fields[6], fields[19], fields[47]];
  if ((Number(flags) & KERNEL_THREAD) !== 0) return [];
  const isBetweenPrograms = state !== "Z" && environmentStart === "0";
  if (isBetweenPrograms) return { isUnclear: true };
  return { isUnclear: true, lasting: `${pid} ${startTime} ${state}` };
}

/** Where too many files are open it waits for others to be closed: nothing may be overlooked. */
async function patiently<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== "EMFILE" && code !== "ENFILE") || tries === MAX_TRIES) throw error;
      await delay(ROUND_MS);
    }
  }
}
