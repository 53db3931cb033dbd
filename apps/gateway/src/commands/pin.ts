import { asOmgError, type ServerPins, setHash } from "@omg/core";
import { displayPath } from "../configuration/display-path.ts";
import {
  type Configuration,
  type ConfigurationFlags,
  loadConfiguration,
} from "../configuration/load-configuration.ts";
import { exitCodes } from "../exit-codes.ts";
import { runningGateway } from "../gateway-client.ts";
import { openHost, openLog } from "../host.ts";
import { printableLines } from "../logging/logger.ts";
import { soundLock, writePins } from "../pins/lock-file.ts";
import { atMost } from "./at-most.ts";
import { type PinOutcome, pinJson, pinProblems, pinText } from "./pin-report.ts";

export interface PinFlags extends ConfigurationFlags {
  readonly url?: string;
  readonly diff?: boolean;
  readonly approve?: boolean;
  readonly json?: boolean;
  readonly logLevel?: string;
}

/** Asks a server for its tools and gives their pins. */
type Ask = (server: string) => Promise<ServerPins>;

/** Servers that are asked at the same time. */
const width = 8;

/**
 * `omg pin`: writes down what the tools of servers are, asked for in the running gateway if there is one, else in a
 * gateway for this alone. What is pinned already changes only with `--approve`; with `--diff` nothing does.
 */
export async function pin(ids: readonly string[], flags: PinFlags): Promise<void> {
  const configuration = await loadConfiguration(flags);
  const { lockPath } = configuration;
  const { servers } = soundLock(lockPath);
  const wanted = ids.length > 0 ? ids : serversToPin(configuration);
  const found = await withAsk(configuration, flags, (ask) =>
    atMost(width, wanted, (server) => compare(server, ask, servers.get(server))),
  );
  const outcomes = found.map((outcome) => ({ ...outcome, accepted: accepts(outcome, flags) }));
  const pins = outcomes.flatMap(({ server, now, accepted }) =>
    now && accepted ? [[server, now] as const] : [],
  );
  if (pins.length > 0) await writePins(lockPath, new Map(pins));
  const lock = displayPath(lockPath);
  if (flags.json) process.stdout.write(printableLines(pinJson(lock, outcomes)));
  else {
    process.stdout.write(printableLines(pinText(outcomes)));
    process.stderr.write(printableLines(pinProblems(outcomes)));
  }
  process.exitCode = exitCodeOf(outcomes, ids.length > 0);
}

function serversToPin({ gateway, file }: Configuration): string[] {
  return gateway.servers.filter(({ pins = file.pins }) => pins !== "off").map(({ id }) => id);
}

async function withAsk<Result>(
  configuration: Configuration,
  flags: PinFlags,
  action: (ask: Ask) => Promise<Result>,
): Promise<Result> {
  const { client } = runningGateway(flags);
  if (flags.url !== undefined || (await client.answers())) return action((server) => client.toolPins(server));
  const diagnostics = configuration.diagnostics.filter(({ server }) => server === undefined);
  const log = openLog(flags.logLevel, configuration, "error");
  await using host = await openHost({ ...configuration, diagnostics }, log);
  return await action((server) => host.gateway.toolPins(server));
}

/** A server that fails is said to fail, and the others go on. */
async function compare(server: string, ask: Ask, old: ServerPins | undefined): Promise<PinOutcome> {
  try {
    return { server, old, now: await ask(server), accepted: false };
  } catch (error) {
    const problem = asOmgError(error);
    if (problem.reason === "internal" || problem.reason === "gateway_unreachable") throw error;
    return { server, old, problem, accepted: false };
  }
}

function accepts({ old, now }: PinOutcome, { diff = false, approve = false }: PinFlags): boolean {
  return !diff && now !== undefined && (old === undefined || (approve && setHash(old) !== setHash(now)));
}

/** A server that was not named and can not run has nothing to pin. */
function exitCodeOf(outcomes: readonly PinOutcome[], named: boolean): number {
  const reasons = outcomes.flatMap(({ problem }) => problem?.reason ?? []);
  const failures = named ? reasons : reasons.filter((reason) => reason !== "server_disabled");
  if (failures.some((reason) => reason !== "server_unknown")) return exitCodes.serverNotReady;
  if (failures.length > 0) return exitCodes.usage;
  const differs = outcomes.some(
    ({ old, now, accepted }) => now && !accepted && (!old || setHash(old) !== setHash(now)),
  );
  return differs ? exitCodes.failed : exitCodes.ok;
}
