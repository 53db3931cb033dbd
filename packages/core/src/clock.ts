import { awakeClock } from "./awake-clock.ts";

/** Time, as the gateway needs it; a test brings its own. */
export interface Clock {
  /** Milliseconds, monotonic. Time in which the process did not run need not count. */
  now(): number;
  /** Wall time, for people only. */
  date(): Date;
  /** Runs `action` once after `ms` milliseconds; call what it returns to prevent that. */
  after(ms: number, action: () => void): () => void;
}

/** The time of this machine. What the process sleeps through does not count. */
export const systemClock: Clock = awakeClock({
  now: () => performance.now(),
  date: () => new Date(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
  afterIfAlive: (ms, action) => void setTimeout(action, ms).unref(),
});
