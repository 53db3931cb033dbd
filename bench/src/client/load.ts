import { quantile } from "../measure/statistics.ts";

/** Makes one call and waits for its answer. */
export type Call = () => Promise<void>;

export interface LoadResult {
  readonly calls: number;
  readonly elapsedMs: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

const PATIENCE_MS = 20_000;

/** Makes one call on each lane, all at once; gives the milliseconds until the last answer. */
export async function allAtOnce(lanes: readonly Call[]): Promise<number> {
  const start = performance.now();
  await inTime(Promise.all(lanes.map((call) => call())), PATIENCE_MS);
  return performance.now() - start;
}

/** Makes calls for so long, on each lane one after the other; waits for those under way. */
export async function load(lanes: readonly Call[], durationMs: number): Promise<LoadResult> {
  const times: number[] = [];
  const start = performance.now();
  const end = start + durationMs;
  const running = lanes.map(async (call) => {
    for (let before = performance.now(); before < end; ) {
      await call();
      const after = performance.now();
      times.push(after - before);
      before = after;
    }
  });
  await inTime(Promise.all(running), durationMs + PATIENCE_MS);
  const elapsedMs = performance.now() - start;
  return {
    calls: times.length,
    elapsedMs,
    perSecond: (times.length / elapsedMs) * 1000,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
  };
}

/** An answer that never comes must not hold the run up. */
async function inTime(work: Promise<unknown>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Answers are missing after ${ms} ms`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}
