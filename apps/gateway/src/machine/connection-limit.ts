import { readFileSync } from "node:fs";

const most = 2_048;

/**
 * How many connections of clients there may be: half of the files that this process may have open, so that servers and
 * files of its own find some, and no more than 2 048.
 */
export function connectionLimit(limits = "/proc/self/limits"): number {
  return Math.min(most, Math.floor(openFiles(limits) / 2));
}

/** Where the system does not tell, there are enough. */
function openFiles(limits: string): number {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync(limits, "utf8"))?.[1];
    return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
