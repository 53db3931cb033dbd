import { requestFrame } from "@omg/core";
import { type Configuration, loadConfiguration } from "../configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { type GatewayClient, runningGateway } from "../gateway-client.ts";
import { openHost, openLog } from "../host.ts";
import { printable } from "../logging/logger.ts";
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

interface Target {
  readonly server: string;
  readonly name: string;
}

/** Asks one server something and gives the result. */
type Ask = (
  server: string,
  method: string,
  params: Record<string, unknown>,
) => Promise<Record<string, unknown>>;

/** `omg call`: one tool, over the running gateway if there is one, else with a gateway for this call alone. */
export async function call(target: string, pairs: readonly string[], flags: CallFlags): Promise<void> {
  const { url, client } = runningGateway(flags);
  const isRunning = flags.url !== undefined || (await client.answers());
  const running = isRunning ? (await client.servers()).map(({ id }) => id) : [];
  const there = split(target, running);
  if (there) return run(there, pairs, flags, overHttp(client));
  if (flags.url !== undefined) throw notATarget(target, running);

  const configuration = await loadConfiguration(flags);
  const servers = configuration.gateway.servers.map(({ id }) => id);
  const called = split(target, servers);
  if (!called) throw notATarget(target, servers);
  if (isRunning) {
    // Whatever holds the port serves another catalog, or an older state of this one.
    const note = `The gateway that runs at ${url} has no server '${called.server}'; it runs for this call alone`;
    process.stderr.write(`${printable(note)}\n`);
  }
  return alone(configuration, called.server, flags, (ask) => run(called, pairs, flags, ask));
}

async function run(
  { server, name }: Target,
  pairs: readonly string[],
  flags: CallFlags,
  ask: Ask,
): Promise<void> {
  const tool = await findTool(ask, server, name);
  const parameters = parseArguments(pairs, flags.json, tool);
  const result = await ask(server, "tools/call", { name, arguments: parameters });
  const terminal = process.stdout.isTTY === true;
  process.stdout.write(formatResult(result as ToolResult, { raw: flags.raw === true, terminal }));
  if (result.isError === true) process.exitCode = exitCodes.toolError;
}

/** Ids may hold dots, so the longest id that fits is meant. */
function split(target: string, servers: readonly string[]): Target | undefined {
  const fitting = servers.filter((id) => target.startsWith(`${id}.`)).sort((a, b) => b.length - a.length);
  const server = fitting[0];
  return server === undefined ? undefined : { server, name: target.slice(server.length + 1) };
}

function notATarget(target: string, servers: readonly string[]): CommandFailure {
  return new CommandFailure(
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
  called: string,
  flags: CallFlags,
  action: (ask: Ask) => Promise<void>,
): Promise<void> {
  // What is wrong with servers that are not called is no news to this caller.
  const diagnostics = configuration.diagnostics.filter(
    ({ server }) => server === undefined || server === called,
  );
  await using host = await openHost(
    { ...configuration, diagnostics },
    openLog(flags.logLevel, configuration, "error"),
  );
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
