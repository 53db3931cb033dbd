import { createGateway, type Gateway, type RuntimeV1, redactor } from "@omg/core";
import { distinct } from "./configuration/distinct-diagnostics.ts";
import type { Configuration } from "./configuration/load-configuration.ts";
import { chooseLevel, type LogLevel } from "./logging/levels.ts";
import { logEvents, stackOf } from "./logging/log-events.ts";
import { createLogger, type Logger } from "./logging/logger.ts";
import { claimOwner } from "./owners/claim-owner.ts";
import { sweepDeadOwners } from "./owners/sweep-dead-owners.ts";

export interface Host extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly log: Logger;
}

/** Logs to stderr: readable in a terminal, NDJSON elsewhere. */
export function openLog(
  flag: string | undefined,
  configuration: Pick<Configuration, "file" | "secrets">,
  fallback: LogLevel,
): Logger {
  return createLogger({
    level: chooseLevel(flag, process.env, configuration.file.log_level, fallback),
    output: process.stderr,
    pretty: process.stderr.isTTY === true,
    redact: redactor(configuration.secrets),
  });
}

/** A gateway with everything a process owes it: a log, an owner's mark, and the sweep of what dead owners left. */
export async function openHost(configuration: Configuration, log: Logger): Promise<Host> {
  const { runtimes } = configuration;
  const owner = claimOwner(runtimes);
  for (const diagnostic of distinct(configuration.diagnostics)) {
    const { severity, message, file, line, server } = diagnostic;
    log(severity === "error" ? "error" : "warn", message, { server_id: server, file: `${file}:${line}` });
  }
  if (owner.unrecorded !== undefined) {
    const lost = "should this gateway be killed, the next one can not remove what it leaves behind";
    log("warn", `No record of this gateway can be kept: ${lost}`, { why: owner.unrecorded });
  }
  void sweep(runtimes, log);
  const gateway = await createGateway({
    config: configuration.gateway,
    runtimes,
    hostEnv: process.env,
    owner: owner.id,
    onEvent: logEvents(log),
  });
  return {
    gateway,
    log,
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
