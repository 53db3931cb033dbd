import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { launchHttpTarget } from "./http-target.ts";
import { fixtureFile, type Launcher } from "./launcher.ts";
import type { RunningTarget } from "./target.ts";

export interface GatewayOptions {
  /** The installed `omg` command. */
  readonly omg: string;
  /** How many servers the catalog has. Default 1. */
  readonly servers?: number;
  /** Tools that each of them lists. Default 3. */
  readonly tools?: number;
  /** Of a server over HTTP that is the only one of the catalog, in place of fixtures. */
  readonly url?: string;
  /** Where its catalog, its state and everything else it keeps are. Default: a new place. */
  readonly home?: string;
}

/** The gateway as users install it, with a catalog of fixtures and everything else at its defaults. */
export function launchGateway(launcher: Launcher, options: GatewayOptions): Promise<RunningTarget> {
  const home = options.home ?? launcher.newHome();
  const catalog = join(home, "catalog.yaml");
  const { servers = 1, tools = 3, url } = options;
  writeFileSync(catalog, url === undefined ? catalogText(servers, tools) : remoteText(url));
  return launchHttpTarget(launcher, {
    name: "gateway",
    command: options.omg,
    args: ["serve", "--catalog", catalog, "--listen-addr", "127.0.0.1:0"],
    home,
    tool: (name) => `fixture1__${name}`,
  });
}

function catalogText(servers: number, tools: number): string {
  const entries = Array.from({ length: servers }, (_, index) => [
    `  - id: fixture${index + 1}`,
    `    description: Server number ${index + 1}`,
    "    runtime:",
    "      type: local-process",
    `      command: ${JSON.stringify(process.execPath)}`,
    `      args: ${JSON.stringify([fixtureFile, "--tools", String(tools)])}`,
  ]);
  return `servers:\n${entries.flat().join("\n")}\n`;
}

function remoteText(url: string): string {
  const runtime = `{ type: remote-sse, url: ${JSON.stringify(url)}, allow_private_network: true }`;
  return `servers:\n  - { id: fixture1, description: A remote server, runtime: ${runtime} }\n`;
}
