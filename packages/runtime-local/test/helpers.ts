import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import type { StartRequest } from "@omg/core/runtime";
import type { LocalOptions } from "../src/index.ts";

/** Pids of living processes whose environment has this entry. */
export function processesWith(entry: string): number[] {
  return pids().filter((pid) => environmentOf(pid).includes(entry) && isAlive(pid));
}

function environmentOf(pid: number): string[] {
  return read(`/proc/${pid}/environ`).split("\0").filter(Boolean);
}

/** Whether the process exists and is no zombie. */
export function isAlive(pid: number): boolean {
  const stat = read(`/proc/${pid}/stat`);
  return stat !== "" && !stat.slice(stat.lastIndexOf(") ") + 2).startsWith("Z");
}

/** The janitors that this process has started. */
export function janitorsOf(parent: number): number[] {
  const children = read(`/proc/${parent}/task/${parent}/children`).split(" ").map(Number).filter(Boolean);
  return children.filter((pid) => read(`/proc/${pid}/cmdline`).includes("\0omg-janitor\0"));
}

/** Watches a condition and resolves with the milliseconds it took to come true. */
export async function until(condition: () => unknown, what: string, ms = 5_000): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > ms) throw new Error(`"${what}" did not happen within ${ms} ms`);
    await delay(10);
  }
  return performance.now() - start;
}

export function startRequest(
  options: LocalOptions,
  changes: Partial<StartRequest<LocalOptions>> = {},
): StartRequest<LocalOptions> {
  return {
    server: "tested",
    instanceId: crypto.randomUUID(),
    owner: crypto.randomUUID(),
    options,
    env: {},
    signal: new AbortController().signal,
    baseDirectory: import.meta.dirname,
    log: () => {},
    progress: () => {},
    store: { get: async () => undefined, set: async () => {}, delete: async () => {} },
    ...changes,
  };
}

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter(Boolean);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
