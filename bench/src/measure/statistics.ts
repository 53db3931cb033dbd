/** What several rounds say together. */
export interface Summary {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** Throws if there are no values. */
export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const [low] = sorted;
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) throw new Error("Nothing was measured");
  return { median: median(sorted), low, high };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new Error("Nothing was measured");
  return (lower + upper) / 2;
}

/** The least value that this share (0 to 1) of the values do not exceed. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new Error("Nothing was measured");
  return value;
}

/** Compares what two targets did in the same rounds, round by round: the machine's moods cancel out. */
export function pairwise(
  ours: readonly number[],
  theirs: readonly number[],
  compare: (our: number, their: number) => number,
): Summary {
  const pairs = ours.flatMap((our, round) => {
    const their = theirs[round];
    return their === undefined ? [] : [compare(our, their)];
  });
  return summarize(pairs);
}

/** The slope of the line that fits best through points, by least squares. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const rise = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const run = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  if (run === 0) throw new Error("A slope needs two different points");
  return rise / run;
}
