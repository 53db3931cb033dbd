/** Time, as the gateway needs it; a test brings its own. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Wall time, for people only. */
  date(): Date;
  /** Runs `action` once after `ms` milliseconds; call what it returns to prevent that. */
  after(ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => performance.now(),
  date: () => new Date(),
  after(ms, action) {
    const timer = setTimeout(action, ms);
    return () => clearTimeout(timer);
  },
};
