import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CatalogEntry, catalogText, fixtures } from "./catalog.ts";
import { type HttpTarget, launchHttpTarget } from "./http-target.ts";
import type { Launcher } from "./launcher.ts";
import { launchStdioTarget } from "./stdio-target.ts";
import type { RunningTarget } from "./target.ts";

export interface GatewayOptions {
  /** The installed `omg` command. */
  readonly omg: string;
  /** The servers of its catalog. Default: one fixture with three tools. */
  readonly catalog?: readonly CatalogEntry[];
  /** Where its catalog, its state and everything else it keeps are. Default: a new place. */
  readonly home?: string;
}

/** The gateway as users install it, everything but its catalog at the defaults. */
export function launchGateway(launcher: Launcher, options: GatewayOptions): Promise<HttpTarget> {
  const { home, flags } = prepare(launcher, options);
  return launchHttpTarget(launcher, {
    name: "gateway",
    command: options.omg,
    args: ["serve", ...flags, "--listen-addr", "127.0.0.1:0"],
    home,
    entrance: { tool: toolOf("fixture1") },
  });
}

/** The gateway in front of one client over stdio, which calls this server of its catalog. */
export function launchStdioGateway(
  launcher: Launcher,
  options: GatewayOptions & { readonly server: string },
): Promise<RunningTarget> {
  const { home, flags } = prepare(launcher, options);
  const tool = toolOf(options.server);
  return launchStdioTarget(launcher, {
    name: "gateway",
    command: options.omg,
    args: ["stdio", ...flags],
    home,
    tool,
  });
}

/** Has the gateway learn what all servers of a catalog offer; what starts in the same home then remembers it. */
export async function warmGateway(
  launcher: Launcher,
  options: GatewayOptions & { readonly home: string },
): Promise<void> {
  const { home, flags } = prepare(launcher, options);
  await launcher.run(options.omg, ["warm", ...flags], home);
}

/** What the aggregate calls the tools of a server. */
export function toolOf(server: string): (name: string) => string {
  return (name) => `${server}__${name}`;
}

function prepare(launcher: Launcher, options: GatewayOptions): { home: string; flags: string[] } {
  const { catalog = fixtures(1, 3), home = launcher.newHome() } = options;
  const file = join(home, "catalog.yaml");
  writeFileSync(file, catalogText(catalog));
  return { home, flags: ["--catalog", file] };
}
