import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import type { Pressure } from "@omg/transport-http";

const everyMs = 250;
/** How long the event loop is remembered to have been held up. */
const rememberMs = 5_000;

/** Measures how this process is doing, from now on; what it returns tells the latest. */
export function measurePressure(): () => Pressure {
  let pressure: Pressure = { memory: memoryInUse(), loopDelayMs: 0 };
  let lookedAt = performance.now();
  let heldUpAt = lookedAt;
  setInterval(() => {
    const now = performance.now();
    const delayMs = Math.max(0, now - lookedAt - everyMs);
    lookedAt = now;
    const isLongest = delayMs >= pressure.loopDelayMs || now - heldUpAt > rememberMs;
    if (isLongest) heldUpAt = now;
    pressure = { memory: memoryInUse(), loopDelayMs: isLongest ? delayMs : pressure.loopDelayMs };
  }, everyMs).unref();
  return () => pressure;
}

/** The share of V8's heap limit (`--max-old-space-size`) or of the container's memory, whichever is nearer to its end. */
function memoryInUse(): number {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  const limit = process.constrainedMemory();
  // Without a container's limit Node says 0, or more than the machine has.
  const ofContainer = limit > 0 && limit <= totalmem() ? process.memoryUsage.rss() / limit : 0;
  return Math.max(used_heap_size / heap_size_limit, ofContainer);
}
