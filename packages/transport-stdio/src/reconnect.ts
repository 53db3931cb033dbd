import { setTimeout as sleep } from "node:timers/promises";
import type { Position } from "./event-stream.ts";

/** Waits, or rejects when that is no longer wanted. */
export type Pause = (ms: number) => Promise<void>;

export function pauseUntil(signal: AbortSignal): Pause {
  return (ms) => sleep(ms, undefined, { signal });
}

const firstPauseMs = 1000;
const longestPauseMs = 30_000;
const shortestPauseMs = 10;
const longestTimerMs = 2 ** 31 - 1;

/** How long to wait before a stream is asked for again: as the gateway says, and longer with every failure. */
export function pauseMs({ retryMs = firstPauseMs }: Position, failures: number): number {
  const first = Math.min(Math.max(retryMs, shortestPauseMs), longestTimerMs);
  return Math.min(first * 2 ** failures, Math.max(first, longestPauseMs));
}

/** Whether a refusal may be none the next time: the gateway is busy, or has not noticed yet that a stream broke off. */
export function mayPass(status: number): boolean {
  return status >= 500 || status === 408 || status === 409 || status === 425 || status === 429;
}
