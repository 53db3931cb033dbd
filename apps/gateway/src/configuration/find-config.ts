import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { homeDirectory } from "../home-directory.ts";

/** Where a configuration is looked for, first hit wins. */
export function configCandidates(): string[] {
  const home = homeDirectory();
  return [
    resolve("config.yaml"),
    ...(home === undefined ? [] : [join(home, ".config", "mcp-gateway", "config.yaml")]),
    "/etc/mcp-gateway/config.yaml",
  ];
}

export function findConfig(): string | undefined {
  return configCandidates().find((path) => existsSync(path));
}

/** `~/` is the user's home; everything else is relative to `folder`. */
export function resolvePath(path: string, folder: string): string {
  if (!path.startsWith("~/")) return resolve(folder, path);
  const home = homeDirectory();
  if (home !== undefined) return join(home, path.slice(2));
  throw new CommandFailure(
    exitCodes.configurationRefused,
    `error[config_invalid]: "${path}" has no meaning: this user has no home directory; set HOME or write the whole path`,
  );
}
