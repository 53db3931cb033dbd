import { asOmgError } from "@omg/core";
import { type ConfigurationFlags, loadConfiguration } from "../configuration/load-configuration.ts";
import { exitCodes } from "../exit-codes.ts";
import { runningGateway } from "../gateway-client.ts";
import { openHost, openLog } from "../host.ts";
import { printableLines } from "../logging/logger.ts";
import { atMost } from "./at-most.ts";

export interface WarmFlags extends ConfigurationFlags {
  readonly url?: string;
  readonly logLevel?: string;
}

/** Has one server learn what it offers; gives the number of its tools. */
type Warm = (server: string) => Promise<number>;

/** Starts at the same time. */
const width = 8;

/**
 * `omg warm`: fetches and starts servers once and remembers what they offer, in the running gateway if there is one, else
 * with a gateway for this alone.
 */
export async function warm(ids: readonly string[], flags: WarmFlags): Promise<void> {
  const { client } = runningGateway(flags);
  if (flags.url !== undefined || (await client.answers())) {
    const servers = ids.length > 0 ? ids : (await client.servers()).map(({ id }) => id);
    return warmAll(servers, (server) => client.warm(server), ids.length > 0);
  }
  const configuration = await loadConfiguration(flags);
  const { servers } = configuration.gateway;
  const wanted = ids.length > 0 ? ids : servers.map(({ id }) => id);
  const diagnostics = configuration.diagnostics.filter(({ server }) => server === undefined);
  const log = openLog(flags.logLevel, configuration, "error");
  await using host = await openHost({ ...configuration, diagnostics }, log);
  await warmAll(wanted, (server) => host.gateway.warmServer(server), ids.length > 0);
}

async function warmAll(servers: readonly string[], warmOne: Warm, named: boolean): Promise<void> {
  const codes = await atMost(width, servers, (server) => report(server, warmOne, named));
  process.exitCode = Math.max(exitCodes.ok, ...codes);
}

/** Why a server that was not named need not be warm: it has a list for each session, or can not run. */
const passedOver = new Set(["bad_params", "server_disabled"]);

/** One that fails is said to fail, and the others go on. Gives its exit code. */
async function report(server: string, warmOne: Warm, named: boolean): Promise<number> {
  try {
    const tools = await warmOne(server);
    process.stdout.write(printableLines(`${server}  ${tools} ${tools === 1 ? "tool" : "tools"}\n`));
    return exitCodes.ok;
  } catch (error) {
    const known = asOmgError(error);
    if (known.reason === "internal" || known.reason === "gateway_unreachable") throw error;
    if (!named && passedOver.has(known.reason)) {
      process.stderr.write(printableLines(`${server}  passed over: ${known.message}\n`));
      return exitCodes.ok;
    }
    process.stderr.write(printableLines(`${server}  error[${known.reason}]: ${known.message}\n`));
    return known.reason === "server_unknown" ? exitCodes.usage : exitCodes.serverNotReady;
  }
}
