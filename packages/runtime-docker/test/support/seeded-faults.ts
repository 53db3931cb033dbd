import type { Fault, FaultChoice } from "./fault.ts";

const ofAll: readonly Fault[] = [
  "refused",
  "deaf",
  "answers 500",
  "answers 502",
  "slow",
  "lost",
  "silent",
  "garbage",
];
const ofAnswers: readonly Fault[] = [...ofAll, "lost", "lost and late", "nonsense", "half"];
/** Above all they break off. */
const ofStreams: readonly Fault[] = [...ofAll, "mute", "cut", "cut", "cut", "cut", "cut", "cut"];
const streams: readonly string[] = ["attach", "events", "wait"];

const latestMs = 4_000;
const slowestMs = 1_000;

/** Chooses, the same for the same seed and order of requests, which of them go wrong and how. */
export function seededFaults(seed: number): (verb: string) => FaultChoice | undefined {
  const random = seededRandom(seed);
  return (verb) => {
    const isStream = streams.includes(verb);
    const isHarmed = random() < (isStream ? 0.15 : 0.08);
    const kinds = isStream ? ofStreams : ofAnswers;
    const fault = kinds[Math.floor(random() * kinds.length)];
    const ms = Math.floor(random() * (fault === "lost and late" ? latestMs : slowestMs));
    return isHarmed && fault ? { fault, ms } : undefined;
  };
}

/** Numbers from 0 to below 1 (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
