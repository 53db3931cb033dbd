import { availableParallelism, loadavg } from "node:os";

/** Milliseconds that a promised time may take here and now: more when more is wanted of the machine than it has. */
export function withRoom(ms: number): number {
  const [load = 1] = loadavg();
  return ms * Math.max(1, load / availableParallelism());
}
