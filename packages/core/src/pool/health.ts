import type { Clock } from "../clock.ts";
import { OmgError } from "../runtime/errors.ts";
import type { RunningInstance } from "./start-instance.ts";

const timeoutMs = 10_000;

/** Whether an instance says in time that it is well, or only that it is to be left alone. Never rejects. */
export async function isWell(instance: RunningInstance, clock: Clock): Promise<boolean> {
  const timeout = new AbortController();
  const late = new Promise<boolean>((resolve) => {
    timeout.signal.addEventListener("abort", () => resolve(false), { once: true });
  });
  const stopTimer = clock.after(timeoutMs, () => timeout.abort());
  const well = await Promise.race([instance.check(timeout.signal).catch(isOnlyBusy), late]);
  stopTimer();
  return well;
}

function isOnlyBusy(error: unknown): boolean {
  return OmgError.is(error) && error.reason === "upstream_backoff";
}
