import { setTimeout as delay } from "node:timers/promises";

/** Waits so long, or until the signal. Never rejects. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return delay(ms, undefined, { signal }).catch(() => {});
}
