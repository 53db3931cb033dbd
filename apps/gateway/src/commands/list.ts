import { type Configuration, loadConfiguration } from "../configuration/load-configuration.ts";
import { GatewayClient, gatewayUrl, type ServerSummary } from "../gateway-client.ts";
import { httpUrl } from "../http-url.ts";
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
  const all = flags.url === undefined ? await fromCatalog(flags) : await running(flags.url);
  const servers = all.filter(({ tags }) => flags.tag === undefined || tags?.includes(flags.tag));
  if (flags.json) {
    process.stdout.write(printableLines(`${JSON.stringify({ v: 1, servers }, undefined, 2)}\n`));
    return;
  }
  const rows = servers.map((server) => [
    server.id,
    server.status,
    server.runtime_type,
    server.request_count === undefined ? "–" : String(server.request_count),
    (server.problem ?? server.description ?? "").split(/\r?\n/)[0] ?? "",
  ]);
  process.stdout.write(formatTable(["NAME", "STATE", "RUNTIME", "CALLS", "NOTE"], rows));
}

function running(url: string): Promise<ServerSummary[]> {
  return new GatewayClient(httpUrl(url), process.env.MCP_GATEWAY_API_KEY || undefined).servers();
}

async function fromCatalog(flags: ListFlags): Promise<ServerSummary[]> {
  const configuration = await loadConfiguration(flags);
  const url = gatewayUrl(configuration.file.listen_addr);
  const client = new GatewayClient(url, configuration.apiKey);
  if (await client.answers()) {
    const servers = await client.servers();
    process.stderr.write(`${printable(whoAnswers(url, servers, configuration))}\n`);
    return servers;
  }
  process.stderr.write("No gateway is running; this is the catalog.\n");
  return configuration.gateway.servers.map(summaryOf);
}

/** Whatever holds the port answers, which need not be the gateway of this catalog. */
function whoAnswers(url: string, running: readonly ServerSummary[], configuration: Configuration): string {
  const here = new Set(configuration.gateway.servers.map(({ id }) => id));
  const there = new Set(running.map(({ id }) => id));
  const other = here.size !== there.size || [...here].some((id) => !there.has(id));
  const note = other ? `; it serves another catalog than ${configuration.catalog}` : "";
  return `Servers of the gateway that runs at ${url}${note}`;
}

function summaryOf(server: Configuration["gateway"]["servers"][number]): ServerSummary {
  return {
    id: server.id,
    display_name: server.display_name ?? server.id,
    description: server.description ?? "",
    status: server.problem === undefined ? "not running" : "disabled",
    tags: server.tags ?? [],
    runtime_type: server.runtime.type,
    ...(server.problem === undefined ? {} : { problem: server.problem }),
  };
}
