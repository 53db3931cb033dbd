import type { Clock } from "../clock.ts";

/** Resolves once something is settled, either way, and after `ms` in any case. */
export function settledWithin(clock: Clock, ms: number, something: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = clock.after(ms, resolve);
    const done = () => {
      stopTimer();
      resolve();
    };
    something.then(done, done);
  });
}
