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
const FILES_AT_ONCE = 16;
/** How often a file is tried again that can not be opened because too many are. */
const MAX_TRIES = 40;

export function markedProcesses(): MarkedProcesses {
  let running: Promise<unknown> = Promise.resolve();
  let upcoming: Promise<Scan> | undefined;

  // Many instances may stop at once: all who ask while one scan runs share the next.
  const scan = () => {
    upcoming ??= running.then(() => {
      upcoming = undefined;
      const current = scanProcesses();
      running = current;
      return current;
    });
    return upcoming;
  };

  return {
    async kill(marker, signal) {
      if (process.platform !== "linux" || marker.endsWith("=")) return;
      for (let round = 0; round < MAX_ROUNDS; round++) {
        signal?.throwIfAborted();
        const pids = (await scan()).get(marker);
        if (pids === undefined) return;
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

/** Processes by marker. */
type Scan = ReadonlyMap<string, readonly number[]>;

async function scanProcesses(): Promise<Scan> {
  const found = new Map<string, number[]>();
  const pids = (await patiently(() => files.readdir("/proc"), [])).map(Number).filter((pid) => pid > 1);
  const visit = async (pid: number) => {
    for (const marker of await readMarkers(pid)) {
      const others = found.get(marker);
      if (others) others.push(pid);
      else found.set(marker, [pid]);
    }
  };
  for (let from = 0; from < pids.length; from += FILES_AT_ONCE) {
    await Promise.all(pids.slice(from, from + FILES_AT_ONCE).map(visit));
  }
  return found;
}

async function readMarkers(pid: number): Promise<string[]> {
  if (pid === process.pid) return [];
  // Unreadable: gone meanwhile, or another user's, hence not ours.
  const environment = await patiently(() => files.readFile(`/proc/${pid}/environ`), Buffer.alloc(0));
  if (!environment.includes("OMG_")) return [];
  return environment
    .toString()
    .split("\0")
    .filter((entry) => entry.startsWith("OMG_OWNER=") || entry.startsWith("OMG_INSTANCE="));
}

/** What `read` gives, or else `otherwise`. Where too many files are open it waits for others to be closed: nothing may be overlooked. */
async function patiently<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== "EMFILE" && code !== "ENFILE") || tries === MAX_TRIES) return otherwise;
      await delay(ROUND_MS);
    }
  }
}
