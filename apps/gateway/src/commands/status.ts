import type { ConfigurationFlags } from "../configuration/load-configuration.ts";
import { type GatewayFigures, runningGateway } from "../gateway-client.ts";
import { printable, printableLines } from "../logging/logger.ts";

export interface StatusFlags extends ConfigurationFlags {
  readonly url?: string;
  readonly json?: boolean;
}

/** `omg status`: the running gateway on one screen. */
export async function status(flags: StatusFlags): Promise<void> {
  const { url, client } = runningGateway(flags);
  const stats = await client.stats();
  if (flags.json) {
    process.stdout.write(printableLines(`${JSON.stringify({ v: 1, url, ...stats }, undefined, 2)}\n`));
    return;
  }
  process.stdout.write(`${linesOf(url, stats).map(printable).join("\n")}\n`);
}

function linesOf(url: string, stats: GatewayFigures): string[] {
  const { version = "", uptime_seconds, sessions, total_requests, last_reload } = stats;
  const lines = [
    `Open MCP Gateway ${version} at ${url}, up for ${duration(uptime_seconds)}`,
    `  servers   ${states(stats.servers)}`,
    `  clients   ${sessions} connected, ${total_requests} calls so far`,
    `  catalog   read at ${last_reload}`,
  ];
  if (stats.config_stale) {
    lines.push("  the configuration has errors; what they concern stays as it was before:");
    lines.push(...stats.config_problems.map((problem) => `    ${problem}`));
  }
  if (stats.needs_restart.length > 0) {
    lines.push(`  in effect only after a restart: ${stats.needs_restart.join(", ")}`);
  }
  return lines;
}

function states(servers: GatewayFigures["servers"]): string {
  const counts = new Map<string, number>();
  const all = Object.values(servers);
  for (const { status } of all) counts.set(status, (counts.get(status) ?? 0) + 1);
  const parts = [...counts].map(([state, count]) => `${count} ${state.replace("_", " ")}`);
  return all.length === 0 ? "none" : `${all.length}: ${parts.join(", ")}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days`;
}
