import { requestFrame } from "@omg/core";
import { type Configuration, loadConfiguration } from "../configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { GatewayClient, gatewayUrl } from "../gateway-client.ts";
import { openHost, openLog } from "../host.ts";
import { parseArguments, type Tool } from "./call-arguments.ts";
import { formatResult, type ToolResult } from "./call-result.ts";

export interface CallFlags {
  readonly config?: string;
  readonly catalog?: string;
  readonly url?: string;
  readonly json?: string;
  readonly raw?: boolean;
  readonly logLevel?: string;
}

/** Asks one server something and gives the result. */
type Ask = (
  server: string,
  method: string,
  params: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

/** `omg call`: one tool, over the running gateway if there is one, else with a gateway for this call alone. */
export async function call(target: string, pairs: readonly string[], flags: CallFlags): Promise<void> {
  if (flags.url !== undefined) {
    const client = new GatewayClient(flags.url, process.env.MCP_GATEWAY_API_KEY || undefined);
    const servers = (await client.servers()).map(({ id }) => id);
    return run(target, pairs, flags, servers, overHttp(client));
  }
  const configuration = await loadConfiguration(flags);
  const servers = configuration.gateway.servers.map(({ id }) => id);
  const client = new GatewayClient(gatewayUrl(configuration), configuration.apiKey);
  if (await client.answers()) return run(target, pairs, flags, servers, overHttp(client));
  return alone(configuration, flags, (ask) => run(target, pairs, flags, servers, ask));
}

async function run(
  target: string,
  pairs: readonly string[],
  flags: CallFlags,
  servers: readonly string[],
  ask: Ask,
): Promise<void> {
  const { server, name } = split(target, servers);
  const tool = await findTool(ask, server, name);
  const parameters = parseArguments(pairs, flags.json, tool);
  const result = await ask(server, "tools/call", { name, arguments: parameters });
  process.stdout.write(formatResult(result as ToolResult, flags.raw === true));
  if (result.isError === true) process.exitCode = exitCodes.toolError;
}

/** Ids may hold dots, so the longest id that fits is meant. */
function split(target: string, servers: readonly string[]): { server: string; name: string } {
  const fitting = servers.filter((id) => target.startsWith(`${id}.`)).sort((a, b) => b.length - a.length);
  const server = fitting[0];
  if (server !== undefined) return { server, name: target.slice(server.length + 1) };
  throw new CommandFailure(
    exitCodes.usage,
    `error: "${target}" is not SERVER.TOOL; servers: ${servers.join(", ") || "none"}`,
  );
}

async function findTool(ask: Ask, server: string, name: string): Promise<Tool> {
  const names: string[] = [];
  let cursor: unknown;
  do {
    const page = await ask(server, "tools/list", cursor === undefined ? {} : { cursor });
    for (const tool of (page.tools ?? []) as Tool[]) {
      if (tool.name === name) return tool;
      names.push(tool.name);
    }
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  throw new CommandFailure(
    exitCodes.usage,
    `error: Server '${server}' has no tool "${name}"; it has: ${names.join(", ")}`,
  );
}

function overHttp(client: GatewayClient): Ask {
  return async (server, method, params) =>
    resultOf(await client.request(server, { jsonrpc: "2.0", id: 1, method, params }));
}

async function alone(
  configuration: Configuration,
  flags: CallFlags,
  action: (ask: Ask) => Promise<void>,
): Promise<void> {
  await using host = await openHost(configuration, openLog(flags.logLevel, configuration, "error"));
  await action(async (server, method, params) =>
    resultOf((await host.gateway.request(server, requestFrame(1, method, params))).value()),
  );
}

function resultOf(answer: unknown): Record<string, unknown> {
  const { result, error } = answer as {
    result?: Record<string, unknown>;
    error?: { code: number; message: string };
  };
  if (result) return result;
  throw new CommandFailure(exitCodes.failed, `error: the server answered ${error?.code}: ${error?.message}`);
}
