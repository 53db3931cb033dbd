import { entryTitle } from "@omg/core";
import { ConfigurationRefused } from "../configuration/configuration-refused.ts";
import { type Configuration, loadConfiguration } from "../configuration/load-configuration.ts";
import { runningGateway, type ServerSummary } from "../gateway-client.ts";
import { printable, printableLines } from "../logging/logger.ts";
import { formatTable } from "./table.ts";

export interface ListFlags {
  readonly config?: string;
  readonly catalog?: string;
  readonly url?: string;
  readonly tag?: string;
  readonly json?: boolean;
}

/** `omg list`: the servers of the running gateway, else those of the catalog. */
export async function list(flags: ListFlags): Promise<void> {
  const all = await servers(flags);
  const wanted = all.filter(({ tags }) => flags.tag === undefined || tags?.includes(flags.tag));
  if (flags.json) {
    process.stdout.write(printableLines(`${JSON.stringify({ v: 1, servers: wanted }, undefined, 2)}\n`));
    return;
  }
  const rows = wanted.map((server) => [
    server.id,
    server.status,
    server.runtime_type,
    server.request_count === undefined ? "–" : String(server.request_count),
    (server.problem ?? server.description ?? "").split(/\r?\n/)[0] ?? "",
  ]);
  process.stdout.write(formatTable(["NAME", "STATE", "RUNTIME", "CALLS", "NOTE"], rows));
}

async function servers(flags: ListFlags): Promise<ServerSummary[]> {
  const { url, client } = runningGateway(flags);
  if (flags.url !== undefined) return client.servers();
  if (await client.answers()) {
    const running = await client.servers();
    process.stderr.write(`${printable(await whoAnswers(url, running, flags))}\n`);
    return running;
  }
  const configuration = await loadConfiguration(flags);
  process.stderr.write("No gateway is running; this is the catalog.\n");
  return configuration.gateway.servers.map(summaryOf);
}

/** Whatever holds the port answers, which need not be the gateway of this catalog. */
async function whoAnswers(url: string, running: readonly ServerSummary[], flags: ListFlags): Promise<string> {
  return `Servers of the gateway that runs at ${url}${await differenceOf(running, flags)}`;
}

async function differenceOf(running: readonly ServerSummary[], flags: ListFlags): Promise<string> {
  try {
    const { gateway, catalog } = await loadConfiguration(flags);
    const here = new Set(gateway.servers.map(({ id }) => id));
    const there = new Set(running.map(({ id }) => id));
    const other = here.size !== there.size || [...here].some((id) => !there.has(id));
    return other ? `; it serves another catalog than ${catalog}` : "";
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    return "; the catalog here has errors, see: omg validate";
  }
}

function summaryOf(server: Configuration["gateway"]["servers"][number]): ServerSummary {
  const { display_name, description, tags, type } = entryTitle(server);
  return {
    id: server.id,
    display_name,
    description,
    status: server.problem === undefined ? "not running" : "disabled",
    tags,
    runtime_type: type,
    ...(server.problem === undefined ? {} : { problem: server.problem }),
  };
}
