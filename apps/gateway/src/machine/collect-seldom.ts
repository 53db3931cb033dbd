import { getHeapStatistics, setFlagsFromString } from "node:v8";

/** A heap that may grow this large can hold some garbage: Node takes a quarter of the memory or more. */
const ample = 1024 ** 3;

/**
 * Has V8 collect everything when there is four times as much garbage as memory in use, where there is room. It counts the bytes
 * of large results too, and by its own measure collects everything for every ten of 1 MB: more than half of the time they take.
 * Returns whether it does.
 */
export function collectSeldom(limit = getHeapStatistics().heap_size_limit): boolean {
  if (limit < ample) return false;
  setFlagsFromString("--heap-growing-percent=400");
  return true;
}
