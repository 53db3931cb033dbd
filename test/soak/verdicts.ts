import type { Sample } from "./samples.ts";
import { slopePerHour } from "./slope.ts";

export interface Verdict {
  readonly what: string;
  readonly seen: string;
  readonly isOk: boolean;
}

interface Allowance {
  readonly what: string;
  readonly unit: string;
  value(sample: Sample): number;
  /** What clients and servers that come and go may seem to add to the whole run: a short one bounds growth only so well. */
  readonly noise: number;
  /** What may really be added in an hour. */
  readonly perHour: number;
}

/** What each server that runs has by itself: servers come and go all the time. Fitted to the samples of an hour. */
const heapOfServer = 126_000;
const descriptorsOfServer = 3;
const handlesOfServer = 6;

const allowances: readonly Allowance[] = [
  {
    what: "heap",
    unit: "MB",
    value: ({ heapBytes, children }) => (heapBytes - children * heapOfServer) / 1e6,
    noise: 6,
    perHour: 1,
  },
  { what: "RSS", unit: "MB", value: ({ residentBytes }) => residentBytes / 1e6, noise: 60, perHour: 1 },
  {
    what: "descriptors",
    unit: "",
    value: ({ descriptors, children }) => descriptors - children * descriptorsOfServer,
    noise: 30,
    perHour: 0,
  },
  {
    what: "handles",
    unit: "",
    value: ({ handles, children }) => handles - children * handlesOfServer,
    noise: 45,
    perHour: 0,
  },
];

/** The growth after warm-up, which is half an hour or a third of a shorter run. */
export function judgeGrowth(samples: readonly Sample[]): Verdict[] {
  const lengthSeconds = samples.at(-1)?.seconds ?? 0;
  const warmUpSeconds = Math.min(1800, lengthSeconds / 3);
  const judged = samples.filter(({ seconds }) => seconds >= warmUpSeconds);
  const hours = (lengthSeconds - warmUpSeconds) / 3600;
  return allowances.map(({ what, unit, value, noise, perHour }) => {
    const slope = slopePerHour(judged.map((sample) => ({ seconds: sample.seconds, value: value(sample) })));
    const [growth, most] = [slope * hours, noise + perHour * hours];
    const seen =
      `${slope.toFixed(1)} ${unit}/h over ${(hours * 60).toFixed(0)} min, ` +
      `so ${growth.toFixed(1)} of at most ${most.toFixed(1)} ${unit}`;
    return { what: `${what} does not grow`, seen: seen.replaceAll(" /", "/").trim(), isOk: growth <= most };
  });
}
