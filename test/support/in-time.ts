import { setTimeout as delay } from "node:timers/promises";

/** What a promise resolves with; rejects when that takes longer than so many milliseconds. */
export async function inTime<T>(ms: number, promise: Promise<T>): Promise<T> {
  const done = new AbortController();
  const tooLong = async () => {
    await delay(ms, undefined, { signal: done.signal });
    throw new Error(`nothing was seen in ${ms / 1000} s`);
  };
  try {
    return await Promise.race([promise, tooLong()]);
  } finally {
    done.abort();
  }
}
