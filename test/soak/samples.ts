import { setTimeout as delay } from "node:timers/promises";
import type { Holdings, Probe } from "../support/probe/probe.ts";

/** What the gateway holds at one moment of the run. */
export interface Sample extends Holdings {
  readonly seconds: number;
  readonly sessions: number;
  readonly heldCalls: number;
  /** Of all clients until then. */
  readonly calls: number;
}

export interface SampleOptions {
  readonly everyMs: number;
  readonly probe: Probe;
  readonly pid: number;
  readonly url: string;
  readonly calls: () => number;
  readonly onSample: (sample: Sample) => void;
  readonly signal: AbortSignal;
}

/** Takes samples until the signal. */
export async function takeSamples(options: SampleOptions): Promise<void> {
  const { everyMs, probe, pid, url, calls, onSample, signal } = options;
  const start = performance.now();
  while (!signal.aborted) {
    const stats = (await (await fetch(`${url}/stats`)).json()) as { sessions: number; held_calls: number };
    onSample({
      seconds: (performance.now() - start) / 1000,
      ...(await probe.look(pid)),
      sessions: stats.sessions,
      heldCalls: stats.held_calls,
      calls: calls(),
    });
    await delay(everyMs, undefined, { signal }).catch(() => {});
  }
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1);

const columns: Readonly<Record<string, (sample: Sample) => string>> = {
  seconds: ({ seconds }) => seconds.toFixed(0),
  calls: ({ calls }) => `${calls}`,
  "heap MB": ({ heapBytes }) => megabytes(heapBytes),
  "RSS MB": ({ residentBytes }) => megabytes(residentBytes),
  descriptors: ({ descriptors }) => `${descriptors}`,
  handles: ({ handles }) => `${handles}`,
  children: ({ children }) => `${children}`,
  sessions: ({ sessions }) => `${sessions}`,
  "held calls": ({ heldCalls }) => `${heldCalls}`,
};

export const heading = Object.keys(columns).join("  ");

export function line(sample: Sample): string {
  const cells = Object.entries(columns);
  return cells.map(([name, cell]) => cell(sample).padStart(name.length)).join("  ");
}

export function csv(samples: readonly Sample[]): string {
  const rows = samples.map((sample) => Object.values(columns).map((cell) => cell(sample)));
  return [Object.keys(columns), ...rows].map((row) => `${row.join(",")}\n`).join("");
}
