import { createGateway, type Gateway } from "@omg/core";
import type { Configuration } from "./configuration/load-configuration.ts";
import { chooseLevel, type LogLevel } from "./logging/levels.ts";
import { logDiagnostics } from "./logging/log-diagnostics.ts";
import { logEvents, stackOf } from "./logging/log-events.ts";
import { createLogger, type Logger } from "./logging/logger.ts";
import { Redaction } from "./logging/redaction.ts";
import { collectSeldom } from "./machine/collect-seldom.ts";
import { exposeCollector } from "./machine/expose-collector.ts";
import { claimOwner } from "./owners/claim-owner.ts";
import { OwnerSweeper, type SweptCatalog } from "./owners/owner-sweeper.ts";
import { openStore } from "./state/open-store.ts";

/** Whoever starts a gateway waits for its first answer. */
const collectSeldomAfterMs = 500;

export interface HostLog {
  readonly log: Logger;
  readonly level: LogLevel;
  readonly redaction: Redaction;
}

export interface Host extends HostLog, AsyncDisposable {
  readonly gateway: Gateway;
  /** Notes what the catalog of a reload names, for who cleans up after this process, and for what it cleans up itself. */
  follow(catalog: SweptCatalog): void;
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

/**
 * A gateway with everything a process owes it: a log, a store, an owner's mark, the sweep of what dead owners left. Its
 * disposal never rejects: what could not be ended is logged, and left to the sweep of another gateway.
 */
export async function openHost(
  configuration: Configuration,
  { log, level, redaction }: HostLog,
): Promise<Host> {
  // Under other flags V8 takes nothing that was kept compiled of Node's own modules, which costs a start 4 ms.
  setTimeout(collectSeldom, collectSeldomAfterMs).unref();
  exposeCollector();
  const { runtimes } = configuration;
  const owner = claimOwner(runtimes);
  logDiagnostics(log, configuration.diagnostics);
  if (owner.unrecorded !== undefined) {
    const lost = "should this gateway be killed, the next one can not remove what it leaves behind";
    log("warn", `No record of this gateway can be kept: ${lost}`, { why: owner.unrecorded });
  }
  const sweeper = new OwnerSweeper({ catalog: configuration, log });
  const store = openStore();
  const gateway = await createGateway({
    config: configuration.gateway,
    runtimes,
    hostEnv: process.env,
    owner: owner.id,
    onEvent: logEvents(log, level),
    ...(store ? { store } : {}),
  }).catch((error: unknown) => {
    sweeper[Symbol.dispose]();
    owner.release();
    throw error;
  });
  return {
    gateway,
    log,
    level,
    redaction,
    follow(catalog) {
      owner.record(catalog.runtimes);
      sweeper.follow(catalog);
    },
    async [Symbol.asyncDispose]() {
      sweeper[Symbol.dispose]();
      try {
        await gateway[Symbol.asyncDispose]();
        owner.release();
      } catch (error) {
        log("error", "Something may be left behind; a gateway that runs or starts later removes it", {
          owner: owner.id,
          error: stackOf(error),
        });
      }
    },
  };
}
