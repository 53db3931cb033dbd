/** One figure at one moment. */
export interface Point {
  readonly seconds: number;
  readonly value: number;
}

/** Growth per hour by Theil and Sen: the median of the slopes between all pairs, which single peaks do not move. */
export function slopePerHour(points: readonly Point[]): number {
  const slopes: number[] = [];
  for (const [at, first] of points.entries()) {
    for (const second of points.slice(at + 1)) {
      slopes.push((second.value - first.value) / (second.seconds - first.seconds));
    }
  }
  slopes.sort((a, b) => a - b);
  return (slopes[Math.floor(slopes.length / 2)] ?? 0) * 3600;
}
