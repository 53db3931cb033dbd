import { dirname, resolve } from "node:path";
import type { GatewayConfig, RuntimeV1, ServerConfig } from "@omg/core";
import {
  type ConfigFile,
  checkRuntimeOptions,
  type Diagnostic,
  type Locate,
  type ParsedConfig,
  parseCatalog,
  parseConfig,
} from "@omg/core/config";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { withSmallYoungGeneration } from "../machine/young-generation.ts";
import { lockDiagnostics, lockPathIn, readLock } from "../pins/lock-file.ts";
import { loadRuntimes, noPlugIns, ownTypes, type PlugIns } from "../runtimes/load-runtimes.ts";
import { ConfigFiles } from "./config-files.ts";
import { ConfigurationRefused } from "./configuration-refused.ts";
import { displayPath } from "./display-path.ts";
import { environmentSecrets } from "./environment-secrets.ts";
import { configCandidates, findConfig, obstacleAt, resolvePath } from "./find-config.ts";

export interface ConfigurationFlags {
  /** `null`: there is none, and none is looked for. */
  readonly config?: string | null | undefined;
  readonly catalog?: string | undefined;
}

export interface Configuration {
  /** The config.yaml that was found, if there is one. */
  readonly path: string | undefined;
  /** The file that holds the servers, if it is another. */
  readonly catalogPath: string | undefined;
  /** The file that holds the pins, whether it is there or not. */
  readonly lockPath: string;
  /** Where a key of config.yaml stands. */
  readonly place: ParsedConfig["place"];
  /** The top level of config.yaml, with its defaults. */
  readonly file: Omit<ConfigFile, "servers">;
  readonly gateway: GatewayConfig;
  /** The file that holds the servers, as short as it can be said. */
  readonly catalog: string;
  readonly runtimes: readonly RuntimeV1[];
  /** The checked options of the servers that can be used, by the name of their runtime. */
  readonly options: ReadonlyMap<string, readonly unknown[]>;
  /** The folder that relative paths of the catalog start in. */
  readonly baseDirectory: string;
  readonly diagnostics: readonly Diagnostic[];
  /** The files that were read for it. */
  readonly files: ConfigFiles;
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
 * Finds, reads and checks the configuration and its catalog; `files` knows afterwards which files that took. A broken
 * server entry is kept, with its problem. Rejects with `ConfigurationRefused` when a file is broken, which has everything
 * that is wrong with it.
 */
export async function loadConfiguration(
  flags: ConfigurationFlags,
  files = new ConfigFiles(),
): Promise<Configuration> {
  const { parsed, path, file, folder } = withSmallYoungGeneration(() => readConfig(flags, files));
  const { catalog_path } = parsed.config;
  const named = catalog_path === undefined ? undefined : resolvePath(catalog_path, folder);
  const catalogPath = flags.catalog === undefined ? named : resolve(flags.catalog);
  const catalog: CatalogSource =
    catalogPath === undefined
      ? { ...parsed, servers: parsed.servers ?? [], file, folder }
      : withSmallYoungGeneration(() => readCatalog(files, catalogPath));
  const lockPath = lockPathIn(flags.catalog === undefined ? folder : catalog.folder);
  const lock = readLock(files, lockPath);
  const plugIns = { listed: parsed.config.runtimes ?? {}, folder };
  const { runtimes, servers } = await loadRuntimes(catalog.servers, plugIns);
  const checked = await checkRuntimeOptions(servers, runtimes, catalog.locate);
  const diagnostics = [
    ...new Set([...parsed.diagnostics, ...catalog.diagnostics]),
    ...listedOwn(parsed),
    ...notInstalled(catalog, servers),
    ...lockDiagnostics(lock, catalog.servers, parsed.config.pins, catalog.locate),
    ...checked.diagnostics,
  ].sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column);
  const fileIsBroken = diagnostics.some(
    ({ severity, server }) => severity === "error" && server === undefined,
  );
  if (fileIsBroken) throw new ConfigurationRefused(diagnostics);
  const apiKey = apiKeyOf(parsed.config);
  return {
    file: parsed.config,
    path,
    catalogPath,
    lockPath,
    place: parsed.place,
    catalog: catalog.file,
    gateway: {
      ...parsed.config,
      servers: checked.servers,
      base_directory: catalog.folder,
      lock: lock.lock,
    },
    runtimes,
    options: checked.options,
    baseDirectory: catalog.folder,
    diagnostics,
    secrets: [
      ...parsed.secrets,
      ...catalog.secrets,
      ...(apiKey === undefined ? [] : [apiKey]),
      ...environmentSecrets(catalog.servers, process.env),
    ],
    apiKey,
    files,
  };
}

/** Where the configuration says that its gateway listens, and the key to it; whatever there is to say of the catalog. */
export function loadAddress(flags: ConfigurationFlags): { address: string; apiKey: string | undefined } {
  const { config } = readConfig(flags, new ConfigFiles()).parsed;
  return { address: config.listen_addr, apiKey: apiKeyOf(config) };
}

/**
 * The servers that stand in a file, as they are written, references unresolved, and what is wrong with them. Rejects with
 * `ConfigurationRefused`.
 */
export async function loadWritten(
  path: string,
): Promise<{ servers: readonly ServerConfig[]; diagnostics: readonly Diagnostic[] }> {
  const file = displayPath(resolve(path));
  const text = readText(new ConfigFiles(), resolve(path), "catalog");
  const itself = { variable: (name: string) => `\${${name}}`, file: (name: string) => `\${file:${name}}` };
  // A catalog is a configuration that says nothing else.
  const { config, servers = [], diagnostics, locate } = parseConfig(text, file, itself);
  if (!config) throw new ConfigurationRefused(diagnostics);
  if (config.catalog_path) throw refusedFile(file, `No servers stand in ${file}: name the catalog itself`);
  const { runtimes } = await loadRuntimes(servers, {
    listed: config.runtimes ?? {},
    folder: dirname(resolve(path)),
  });
  const known = servers.filter(({ runtime }) => runtimes.some(({ name }) => name === runtime.type));
  const checked = await checkRuntimeOptions(known, runtimes, locate);
  // What a reference stands for is not known here, so nothing can be said of an entry that has one.
  const open = new Set(
    servers.filter(({ written }) => JSON.stringify(written).includes("${")).map(({ id }) => id),
  );
  const found = [...diagnostics, ...checked.diagnostics];
  return { servers, diagnostics: found.filter(({ server = "" }) => !open.has(server)) };
}

/** The runtimes of others that the configuration lists, if there is one. Throws `ConfigurationRefused` when it is broken. */
export function listedPlugIns(flags: ConfigurationFlags): PlugIns {
  const path = configPath(flags.config);
  if (path === undefined) return noPlugIns;
  const { parsed, folder } = readConfig({ config: path }, new ConfigFiles());
  return { listed: parsed.config.runtimes ?? {}, folder };
}

function readConfig(flags: ConfigurationFlags, files: ConfigFiles) {
  const path = configPath(flags.config);
  if (path === undefined && flags.catalog === undefined) throw nothingFound();
  const folder = path === undefined ? process.cwd() : dirname(path);
  const file = displayPath(path ?? "config.yaml");
  const text = path === undefined ? "" : readText(files, path, "configuration");
  const parsed = parseConfig(text, file, files.references(folder));
  const { config } = parsed;
  if (!config) throw new ConfigurationRefused(parsed.diagnostics);
  return { parsed: { ...parsed, config }, path, file, folder };
}

function configPath(flag: ConfigurationFlags["config"]): string | undefined {
  if (flag === null) return undefined;
  return flag === undefined ? findConfig() : resolve(flag);
}

function apiKeyOf(config: Pick<ConfigFile, "api_key">): string | undefined {
  return config.api_key ?? (process.env.MCP_GATEWAY_API_KEY || undefined);
}

function readCatalog(files: ConfigFiles, path: string): CatalogSource {
  const text = readText(files, path, "catalog");
  const folder = dirname(path);
  const file = displayPath(path);
  return { ...parseCatalog(text, file, files.references(folder)), file, folder };
}

/** What the gateway brings itself is nobody else's. */
function listedOwn({ config, place }: ReturnType<typeof readConfig>["parsed"]): Diagnostic[] {
  return Object.keys(config.runtimes ?? {})
    .filter((type) => ownTypes.includes(type))
    .map((type) => ({
      severity: "error",
      message: `runtimes.${type}: is a type of the gateway's own; give the package's runtime another name`,
      ...place(["runtimes", type]),
    }));
}

/** What loading the runtimes found wrong, with its place. */
function notInstalled(catalog: CatalogSource, loaded: readonly ServerConfig[]): Diagnostic[] {
  return loaded.flatMap(({ id, problem }, index) => {
    if (problem === undefined || problem === catalog.servers[index]?.problem) return [];
    return [{ severity: "error", message: problem, server: id, ...catalog.locate(id, ["runtime", "type"]) }];
  });
}

function readText(files: ConfigFiles, path: string, what: string): string {
  const file = displayPath(path);
  try {
    return files.read(path);
  } catch (error) {
    throw refusedFile(file, `The ${what} ${file} can not be read: ${(error as Error).message}`);
  }
}

function refusedFile(file: string, message: string): ConfigurationRefused {
  return new ConfigurationRefused([{ severity: "error", message, file, line: 1, column: 1 }]);
}

function nothingFound(): CommandFailure {
  const places = configCandidates().map((path) => {
    const obstacle = obstacleAt(path);
    return obstacle === undefined ? `  ${path}` : `  ${path} (can not be looked at: ${obstacle})`;
  });
  return new CommandFailure(
    exitCodes.configurationRefused,
    [
      "error[config_invalid]: No configuration found. Looked for:",
      ...places,
      "Name one with --config PATH, or just a catalog with --catalog PATH.",
    ].join("\n"),
  );
}
