/** What two targets took for the same, one right after the other. */
export interface Pair {
  readonly ours: number;
  readonly theirs: number;
}

/** A ratio, and where it lies with 95 % confidence. */
export interface Interval {
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/**
 * The ratio of ours to theirs by Student's t, from the logarithms of what each pair gave: a ratio of 2 is as far from 1
 * as one of 1/2. Throws unless there are two pairs.
 */
export function intervalOf(pairs: readonly Pair[]): Interval {
  if (pairs.length < 2) throw new Error("An interval needs two pairs");
  const logs = pairs.map(({ ours, theirs }) => Math.log(ours / theirs));
  const mean = sum(logs) / logs.length;
  const variance = sum(logs.map((log) => (log - mean) ** 2)) / (logs.length - 1);
  const reach = studentT(logs.length - 1) * Math.sqrt(variance / logs.length);
  return { ratio: Math.exp(mean), low: Math.exp(mean - reach), high: Math.exp(mean + reach) };
}

/** How far it reaches to either side, as a share of the ratio. */
export function reachOf({ ratio, high }: Interval): number {
  return high / ratio - 1;
}

/** The value that 97.5 % of Student's distribution lie below, within 1 % from three degrees of freedom on (Cornish-Fisher). */
function studentT(freedom: number): number {
  const z = 1.959964;
  return (
    z +
    (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
