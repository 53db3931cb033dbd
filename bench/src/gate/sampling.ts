import { intervalOf, type Pair, reachOf } from "./interval.ts";

/** Measures one target for a short time. */
export type Measure = () => Promise<number>;

export interface SamplingOptions {
  readonly ours: Measure;
  readonly theirs: Measure;
  /** So far may the interval reach to either side, as a share of the ratio. */
  readonly reach: number;
  readonly leastPairs: number;
  readonly mostPairs: number;
  /** After so many milliseconds no further pair begins. */
  readonly mostMs: number;
  /** For tests. */
  readonly now?: () => number;
}

/** Measures both in turns, another one first each time, until the interval is tight or a bound is reached. */
export async function samplePairs(options: SamplingOptions): Promise<Pair[]> {
  const { ours, theirs, reach, leastPairs, mostPairs, mostMs, now = () => performance.now() } = options;
  const end = now() + mostMs;
  const pairs: Pair[] = [];
  while (pairs.length < mostPairs && (pairs.length < 2 || now() < end)) {
    if (pairs.length >= leastPairs && reachOf(intervalOf(pairs)) <= reach) break;
    pairs.push(await measurePair(ours, theirs, pairs.length % 2 === 0));
  }
  return pairs;
}

async function measurePair(ours: Measure, theirs: Measure, oursFirst: boolean): Promise<Pair> {
  if (oursFirst) {
    const first = await ours();
    return { ours: first, theirs: await theirs() };
  }
  const first = await theirs();
  return { ours: await ours(), theirs: first };
}
