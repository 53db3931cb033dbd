import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import { exitCodes } from "./exit-codes.ts";
import { stackOf } from "./logging/log-events.ts";
import type { Logger } from "./logging/logger.ts";
import { plugInAtFault } from "./runtimes/plug-in-faults.ts";
import { hearFaults } from "./uncaught-faults.ts";

export interface Shutdown {
  /** What SIGHUP asks for, while the terminal is there. Absent: it stops, like the other signals. */
  hangUp?(): void;
  /** Lets calls in flight finish. Skipped when a second signal comes. */
  drain(): Promise<void>;
  /** Ends everything. */
  stop(): Promise<void>;
}

/** Milliseconds that the end may take after everything was told to end. */
const lastResortMs = 10_000;
/** Milliseconds that calls in flight get after a fault of ours: who knows what still works. */
const faultDrainMs = 5000;

/**
 * Runs until a signal comes, or `ended` resolves, or a fault of ours shows; then drains, stops, and sets the exit code.
 * A second signal cuts the drain short; after `ended` nobody waits for an answer, so there is none.
 */
export async function untilStopped(shutdown: Shutdown, log: Logger, ended?: Promise<void>): Promise<void> {
  const stopping = Promise.withResolvers<number>();
  const hurry = Promise.withResolvers<void>();
  let signals = 0;
  const hadTerminal = hasTerminal();
  const onSignal = (signal: NodeJS.Signals) => {
    // The signal also comes when the terminal closes: nobody is left then who could stop the gateway.
    const terminalIsGone = hadTerminal && !hasTerminal();
    if (signal === "SIGHUP" && shutdown.hangUp && !terminalIsGone) return shutdown.hangUp();
    signals++;
    if (signals === 1) {
      log("info", `${signal}: finishing the calls in flight; once more to stop at once`);
      stopping.resolve(exitCodes.ok);
    } else {
      process.exitCode = 128 + constants.signals[signal];
      hurry.resolve();
    }
  };
  let faults = 0;
  const onFault = (error: unknown) => {
    const plugIn = plugInAtFault(error);
    if (plugIn !== undefined) {
      // Its servers fail by themselves, if they do; all others have no part in it.
      return log("error", `A fault of the runtime ${plugIn}; the gateway goes on`, { error: stackOf(error) });
    }
    if (faults++ > 0) return;
    log("error", "Internal error; the gateway stops", { error: stackOf(error) });
    stopping.resolve(exitCodes.internal);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, onSignal);
  hearFaults(onFault);
  void ended?.then(() => {
    hurry.resolve();
    stopping.resolve(exitCodes.ok);
  }, onFault);

  const exitCode = await stopping.promise;
  process.exitCode ??= exitCode;
  if (exitCode === exitCodes.internal) setTimeout(hurry.resolve, faultDrainMs);
  await Promise.race([hurry.promise, shutdown.drain()]).catch(onFault);
  setTimeout(() => process.exit(), lastResortMs);
  await shutdown.stop().catch(onFault);
  process.exit();
}

/** Whether this process can be reached from a terminal. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync("/dev/tty", "r"));
    return true;
  } catch {
    return false;
  }
}
