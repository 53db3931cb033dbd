import { setTimeout as delay } from "node:timers/promises";
import { processesWith } from "../../apps/gateway/test/support/processes.ts";

export interface FaultOptions {
  readonly minutes: number;
  readonly random: () => number;
  /** Writes another edition of the catalog and has it read. */
  readonly reload: (turn: number) => Promise<void>;
  /** A text in the environment of every process of a server. */
  readonly mark: string;
  readonly signal: AbortSignal;
}

export interface FaultCounts {
  reloads: number;
  kills: number;
}

/** Reloads and kills all the time, more often in a short run. Ends with the signal. */
export async function doHarm(options: FaultOptions, counts: FaultCounts): Promise<void> {
  const { minutes, random, reload, mark, signal } = options;
  const isShort = minutes < 20;
  await Promise.all([
    every(isShort ? 5000 : 30_000, signal, async () => {
      await reload(++counts.reloads);
    }),
    every(isShort ? 4000 : 10_000, signal, async () => {
      const pids = processesWith(mark);
      const pid = pids[Math.floor(random() * pids.length)];
      if (pid === undefined) return;
      counts.kills++;
      process.kill(pid, "SIGKILL");
    }),
  ]);
}

async function every(ms: number, signal: AbortSignal, action: () => Promise<void>): Promise<void> {
  while (!signal.aborted) {
    await delay(ms, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await action();
  }
}
