import { readFile } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import type { GatewayConfig, RuntimeV1, ServerConfig } from "@omg/core";
import {
  type ConfigFile,
  checkRuntimeOptions,
  type Diagnostic,
  formatDiagnostic,
  type Locate,
  parseCatalog,
  parseConfig,
} from "@omg/core/config";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { loadRuntimes } from "../runtimes.ts";
import { distinct } from "./distinct-diagnostics.ts";
import { environmentSecrets } from "./environment-secrets.ts";
import { configCandidates, findConfig, resolvePath } from "./find-config.ts";
import { referenceSources } from "./reference-sources.ts";

export interface ConfigurationFlags {
  readonly config?: string | undefined;
  readonly catalog?: string | undefined;
}

export interface Configuration {
  /** The top level of config.yaml, with its defaults. */
  readonly file: Omit<ConfigFile, "servers">;
  readonly gateway: GatewayConfig;
  /** The file that holds the servers, as short as it can be said. */
  readonly catalog: string;
  readonly runtimes: readonly RuntimeV1[];
  readonly diagnostics: readonly Diagnostic[];
  /** Values to keep out of every log. */
  readonly secrets: readonly string[];
  readonly apiKey: string | undefined;
}

interface CatalogSource {
  readonly servers: readonly ServerConfig[];
  readonly diagnostics: readonly Diagnostic[];
  readonly secrets: readonly string[];
  readonly locate: Locate;
  readonly file: string;
  readonly folder: string;
}

/**
 * Finds, reads and checks the configuration and its catalog. A broken server entry is kept, with its problem; a broken
 * file ends the command with everything that is wrong with it.
 */
export async function loadConfiguration(flags: ConfigurationFlags): Promise<Configuration> {
  const configPath = flags.config === undefined ? findConfig() : resolve(flags.config);
  if (configPath === undefined && flags.catalog === undefined) throw nothingFound();
  const folder = configPath === undefined ? process.cwd() : dirname(configPath);
  const text = configPath === undefined ? "" : await readText(configPath, "configuration");
  const file = display(configPath ?? "config.yaml");
  const parsed = parseConfig(text, file, referenceSources(folder));
  if (!parsed.config) throw refused(parsed.diagnostics);

  const catalogPath = flags.catalog === undefined ? parsed.config.catalog_path : resolve(flags.catalog);
  const catalog: CatalogSource =
    catalogPath === undefined
      ? { ...parsed, servers: parsed.servers ?? [], file, folder }
      : await readCatalog(resolvePath(catalogPath, folder));
  const { runtimes, servers } = await loadRuntimes(catalog.servers);
  const checked = await checkRuntimeOptions(servers, runtimes, catalog.locate);
  const diagnostics = [
    ...new Set([...parsed.diagnostics, ...catalog.diagnostics]),
    ...notInstalled(catalog, servers),
    ...checked.diagnostics,
  ].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  const fileIsBroken = diagnostics.some(
    ({ severity, server }) => severity === "error" && server === undefined,
  );
  if (fileIsBroken) throw refused(diagnostics);
  const apiKey = parsed.config.api_key ?? (process.env.MCP_GATEWAY_API_KEY || undefined);
  return {
    file: parsed.config,
    catalog: catalog.file,
    gateway: { ...parsed.config, servers: checked.servers, base_directory: catalog.folder },
    runtimes,
    diagnostics,
    secrets: [
      ...parsed.secrets,
      ...catalog.secrets,
      ...(apiKey === undefined ? [] : [apiKey]),
      ...environmentSecrets(catalog.servers, process.env),
    ],
    apiKey,
  };
}

async function readCatalog(path: string): Promise<CatalogSource> {
  const text = await readText(path, "catalog");
  const folder = dirname(path);
  const file = display(path);
  return { ...parseCatalog(text, file, referenceSources(folder)), file, folder };
}

/** What loading the runtimes found wrong, with its place. */
function notInstalled(catalog: CatalogSource, loaded: readonly ServerConfig[]): Diagnostic[] {
  return loaded.flatMap(({ id, problem }, index) => {
    if (problem === undefined || problem === catalog.servers[index]?.problem) return [];
    return [{ severity: "error", message: problem, server: id, ...catalog.locate(id, ["runtime", "type"]) }];
  });
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "it does not exist",
  EISDIR: "it is a folder",
  EACCES: "this user has no permission to",
};

async function readText(path: string, what: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new CommandFailure(
      exitCodes.configurationRefused,
      `error[config_invalid]: The ${what} ${display(path)} can not be read: ${unreadable[code ?? ""] ?? message}`,
    );
  }
}

/** A path as short as it can be said. */
function display(path: string): string {
  const short = relative(process.cwd(), path);
  return short === "" || short.startsWith("..") ? path : short;
}

function refused(diagnostics: readonly Diagnostic[]): CommandFailure {
  const lines = distinct(diagnostics).map(formatDiagnostic);
  return new CommandFailure(exitCodes.configurationRefused, lines.join("\n"));
}

function nothingFound(): CommandFailure {
  return new CommandFailure(
    exitCodes.configurationRefused,
    [
      "error[config_invalid]: No configuration found. Looked for:",
      ...configCandidates().map((path) => `  ${path}`),
      "Name one with --config PATH, or just a catalog with --catalog PATH.",
    ].join("\n"),
  );
}
