import type { Clock } from "./clock.ts";

/** The time of the machine, with timers that keep the process alive or do not. */
export interface RealTime extends Clock {
  /** Like `after`, but the process need not live on for it. */
  afterIfAlive(ms: number, action: () => void): void;
}

/** How often is looked whether the process still runs. */
const tickMs = 1000;
/** A timer that is later than this was not late by itself: the process did not run. */
const lateMs = 1000;
/** The least that a timer still waits after such a time: what came in meanwhile is read first. */
const graceMs = 1000;

/**
 * A clock that stands still while the process does not run, because it was stopped, or the machine slept or was starved.
 * So nothing is late for answers that could not be read, or idle for want of calls that could not come.
 */
export function awakeClock(real: RealTime): Clock {
  /** Milliseconds in which the process did not run, and how many times that was. */
  let lost = 0;
  let wakes = 0;
  /** Up to when is known whether it ran. */
  let seen = 0;
  /** When the next tick is due, once there are any. */
  let nextTick = Number.POSITIVE_INFINITY;

  /** Timers fire first after such a time as a rule, but not always: who asks before them must not see it either. */
  function now(): number {
    look(nextTick);
    return seen - lost;
  }

  /** Something runs now, and a timer that was due at this moment of real time has fired or should have. */
  function look(due: number): void {
    const moment = real.now();
    const late = moment - Math.max(due, seen);
    seen = moment;
    if (late <= lateMs) return;
    lost += late;
    wakes++;
  }

  function tick(): void {
    nextTick = real.now() + tickMs;
    real.afterIfAlive(tickMs, () => {
      look(nextTick);
      tick();
    });
  }

  return {
    now,
    date: () => real.date(),
    after(ms, action) {
      if (nextTick === Number.POSITIVE_INFINITY) tick();
      const end = now() + ms;
      const arm = (waitMs: number): (() => void) => {
        const due = real.now() + waitMs;
        const wakesBefore = wakes;
        return real.after(waitMs, () => {
          look(due);
          const hasSlept = wakes > wakesBefore;
          const leftMs = hasSlept ? Math.max(end - now(), graceMs) : 0;
          if (leftMs > 0) stop = arm(leftMs);
          else action();
        });
      };
      let stop = arm(ms);
      return () => stop();
    },
  };
}
