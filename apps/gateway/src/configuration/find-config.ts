import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where a configuration is looked for, first hit wins. */
export function configCandidates(): string[] {
  return [
    resolve("config.yaml"),
    join(homedir(), ".config", "mcp-gateway", "config.yaml"),
    "/etc/mcp-gateway/config.yaml",
  ];
}

export function findConfig(): string | undefined {
  return configCandidates().find((path) => existsSync(path));
}

/** `~/` is the user's home; everything else is relative to `folder`. */
export function resolvePath(path: string, folder: string): string {
  return path.startsWith("~/") ? join(homedir(), path.slice(2)) : resolve(folder, path);
}
