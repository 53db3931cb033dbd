import { setTimeout as delay } from "node:timers/promises";

/** Watches a condition until it comes true, for at most so many milliseconds. */
export async function until(condition: () => unknown, what: string, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`"${what}" did not happen within ${ms} ms`);
    await delay(20);
  }
}
