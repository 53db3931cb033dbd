import { residentMbOf } from "./processes.ts";

const EVERY_MS = 100;

/** Looks at the memory of processes from now on; the function it gives ends that and says the most that was seen, in MB. */
export function watchMemory(pids: readonly number[]): () => number {
  let most = 0;
  const look = () => {
    most = Math.max(most, residentMbOf(pids));
  };
  const timer = setInterval(look, EVERY_MS);
  return () => {
    clearInterval(timer);
    look();
    return most;
  };
}
