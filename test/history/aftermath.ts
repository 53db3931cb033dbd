import { processesWith, until } from "../../apps/gateway/test/support/processes.ts";
import type { History } from "./history.ts";
import type { Setting } from "./setting.ts";

/** Milliseconds in which what has ended must be gone. */
const goneMs = 10_000;

/** What this process has open: the kinds of its handles, but for the end of its own output. */
export function openResources(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !ownKinds.has(kind))
    .sort();
}

const ownKinds = new Set(["PipeWrap", "TTYWrap", "FSReqCallback", "FSReqPromise", "Immediate"]);

/** When all clients have left: nothing that they did is open any more. */
export async function checkIdle({ gateway, front }: Setting, history: History): Promise<void> {
  const left = () => ({
    "sessions of the gateway": gateway.stats().sessions,
    "held calls": gateway.stats().heldCalls,
    "calls in flight": gateway.servers().reduce((sum, server) => sum + server.callsInFlight, 0),
    "sessions over HTTP": front.counters().sessions,
    "event streams": front.counters().streams,
    "requests over HTTP that wait": front.counters().waiting,
  });
  await until(() => Object.values(left()).every((count) => count === 0), goneMs).catch(() => {});
  for (const [what, count] of Object.entries(left())) expectNone(history, what, count);
}

/** When the gateway has ended: it has left nothing behind. */
export async function checkGone(
  { owner, clock, processes }: Setting,
  history: History,
  resources: readonly string[],
): Promise<void> {
  const left = () => ({
    "processes of the gateway": processesWith(owner).length,
    "processes that have not exited": processes.running,
    "timers of the gateway": clock.armed,
    "open resources": openResources().length - resources.length,
  });
  await until(() => Object.values(left()).every((count) => count <= 0), goneMs).catch(() => {});
  for (const [what, count] of Object.entries(left())) expectNone(history, what, Math.max(0, count));
}

function expectNone(history: History, what: string, count: number): void {
  if (count === 0) history.pass();
  else history.fault(undefined, `there are ${count} ${what} in the end`);
}
