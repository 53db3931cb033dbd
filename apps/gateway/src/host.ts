import { createGateway, type Gateway, type RuntimeV1 } from "@omg/core";
import type { Configuration } from "./configuration/load-configuration.ts";
import { chooseLevel, type LogLevel } from "./logging/levels.ts";
import { logDiagnostics } from "./logging/log-diagnostics.ts";
import { logEvents, stackOf } from "./logging/log-events.ts";
import { createLogger, type Logger } from "./logging/logger.ts";
import { Redaction } from "./logging/redaction.ts";
import { claimOwner } from "./owners/claim-owner.ts";
import { sweepDeadOwners } from "./owners/sweep-dead-owners.ts";
import { openStore } from "./state/open-store.ts";

export interface HostLog {
  readonly log: Logger;
  readonly level: LogLevel;
  readonly redaction: Redaction;
}

export interface Host extends HostLog, AsyncDisposable {
  readonly gateway: Gateway;
  /** Notes the runtimes that may start something from now on, for who cleans up after this process. */
  recordRuntimes(runtimes: readonly RuntimeV1[]): void;
}

/** Logs to stderr: readable in a terminal, NDJSON elsewhere. */
export function openLog(
  flag: string | undefined,
  configuration: Pick<Configuration, "file" | "secrets">,
  fallback: LogLevel,
): HostLog {
  const redaction = new Redaction(configuration.secrets);
  const level = chooseLevel(flag, process.env, configuration.file.log_level, fallback);
  const log = createLogger({
    level,
    output: process.stderr,
    pretty: process.stderr.isTTY === true,
    redact: redaction.redact,
  });
  return { log, level, redaction };
}

/** A gateway with everything a process owes it: a log, a store, an owner's mark, the sweep of what dead owners left. */
export async function openHost(
  configuration: Configuration,
  { log, level, redaction }: HostLog,
): Promise<Host> {
  const { runtimes } = configuration;
  const owner = claimOwner(runtimes);
  logDiagnostics(log, configuration.diagnostics);
  if (owner.unrecorded !== undefined) {
    const lost = "should this gateway be killed, the next one can not remove what it leaves behind";
    log("warn", `No record of this gateway can be kept: ${lost}`, { why: owner.unrecorded });
  }
  void sweep(runtimes, log);
  const store = openStore();
  const gateway = await createGateway({
    config: configuration.gateway,
    runtimes,
    hostEnv: process.env,
    owner: owner.id,
    onEvent: logEvents(log, level),
    ...(store ? { store } : {}),
  }).catch((error: unknown) => {
    owner.release();
    throw error;
  });
  return {
    gateway,
    log,
    level,
    redaction,
    recordRuntimes: (now) => owner.record(now),
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]();
      owner.release();
    },
  };
}

async function sweep(runtimes: readonly RuntimeV1[], log: Logger): Promise<void> {
  const swept = await sweepDeadOwners({
    runtimes,
    signal: AbortSignal.timeout(30_000),
    onFailure: (owner, runtime, error) => {
      log("error", "What a dead gateway left behind can not be removed", {
        owner,
        runtime,
        error: stackOf(error),
      });
    },
  });
  if (swept.length > 0) log("warn", "Removed what a dead gateway left behind", { owners: swept.join(" ") });
}
