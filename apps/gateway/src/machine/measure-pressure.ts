import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Pressure } from "@omg/transport-http";

const everyMs = 250;
/** How long a container is taken to keep its limit: to ask for it takes Node four files. */
const limitMs = 10_000;
/** How long the event loop is remembered to have been held up. */
const rememberMs = 5_000;

/** Measures how this process is doing, from now on; what it returns tells the latest. */
export function measurePressure(): () => Pressure {
  let containerBytes = containerLimit();
  let pressure: Pressure = { memory: memoryInUse(containerBytes), loopDelayMs: 0 };
  let lookedAt = performance.now();
  let askedAt = lookedAt;
  let heldUpAt = lookedAt;
  setInterval(() => {
    const now = performance.now();
    const delayMs = Math.max(0, now - lookedAt - everyMs);
    lookedAt = now;
    const isLongest = delayMs >= pressure.loopDelayMs || now - heldUpAt > rememberMs;
    if (isLongest) heldUpAt = now;
    if (now - askedAt >= limitMs) {
      containerBytes = containerLimit();
      askedAt = now;
    }
    pressure = {
      memory: memoryInUse(containerBytes),
      loopDelayMs: isLongest ? delayMs : pressure.loopDelayMs,
    };
  }, everyMs).unref();
  return () => pressure;
}

/** The share of V8's heap limit (`--max-old-space-size`) or of the container's memory, whichever is nearer to its end. */
function memoryInUse(containerBytes: number | undefined): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  const ofContainer = containerBytes === undefined ? 0 : process.memoryUsage.rss() / containerBytes;
  return Math.max(used_heap_size / heap_size_limit, ofContainer);
}

/** The container's memory, if there is a limit to it. */
function containerLimit(): number | undefined {
  const limit = process.constrainedMemory();
  // Without one Node says 0, or more than the machine has.
  return limit > 0 && limit <= totalmem() ? limit : undefined;
}
