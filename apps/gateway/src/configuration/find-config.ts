import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { homeDirectory } from "../home-directory.ts";

/** Where a configuration is looked for, first hit wins. */
export function configCandidates(): string[] {
  const home = homeDirectory();
  const paths = [
    resolve("config.yaml"),
    ...(home === undefined ? [] : [join(home, ".config", "mcp-gateway", "config.yaml")]),
    "/etc/mcp-gateway/config.yaml",
  ];
  return [...new Set(paths)];
}

export function findConfig(): string | undefined {
  return configCandidates().find((path) => existsSync(path));
}

/** Why nobody can tell whether there is a file, for example because its folder may not be entered. */
export function obstacleAt(path: string): string | undefined {
  try {
    statSync(path);
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" || code === "ENOTDIR" ? undefined : code;
  }
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
