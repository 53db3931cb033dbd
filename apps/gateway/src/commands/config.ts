import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { redactor } from "@omg/core";
import { type ResolvedFile, resolvedYaml } from "@omg/core/config";
import { ConfigFiles } from "../configuration/config-files.ts";
import { displayPath } from "../configuration/display-path.ts";
import { configCandidates } from "../configuration/find-config.ts";
import { type Configuration, loadConfiguration } from "../configuration/load-configuration.ts";
import { chooseLevel } from "../logging/levels.ts";
import { printableLines } from "../logging/logger.ts";
import { formatTable } from "./table.ts";

export interface ConfigFlags {
  readonly config?: string;
  readonly catalog?: string;
  readonly listenAddr?: string;
  readonly logLevel?: string;
  readonly resolved?: boolean;
}

/** `omg config`: which files are used; with `--resolved`, what they come to. */
export async function config(flags: ConfigFlags): Promise<void> {
  const configuration = await loadConfiguration(flags);
  const text = flags.resolved ? resolved(flags, configuration) : filesTable(flags, configuration);
  process.stdout.write(printableLines(text));
}

function filesTable(flags: ConfigFlags, { path: used, catalogPath, lockPath }: Configuration): string {
  const candidates = flags.config === undefined ? configCandidates() : [resolve(flags.config)];
  const state = (path: string) => (path === used ? "used" : existsSync(path) ? "not used" : "not there");
  const from = flags.catalog === undefined ? "catalog_path" : "--catalog";
  const rows = [
    ...candidates.map((path) => ["config", path, state(path), flags.config === undefined ? "" : "--config"]),
    catalogPath === undefined
      ? ["catalog", used ?? "", "used", "servers, in the configuration itself"]
      : ["catalog", catalogPath, "used", from],
    ["pins", lockPath, existsSync(lockPath) ? "used" : "not there", ""],
  ];
  return formatTable(["WHAT", "FILE", "STATE", "NAMED BY"], rows);
}

function resolved(flags: ConfigFlags, configuration: Configuration): string {
  const { path, catalogPath, catalog, gateway, runtimes } = configuration;
  // A runtime's own words may quote what it was given.
  const redact = redactor(configuration.secrets);
  const disabled = gateway.servers.flatMap(({ id, problem }) =>
    problem ? [[id, redact(problem)] as const] : [],
  );
  return resolvedYaml({
    config: path === undefined ? undefined : read(path, displayPath(path)),
    catalog: catalogPath === undefined ? undefined : read(catalogPath, catalog),
    overrides: overridesOf(flags, configuration),
    problems: new Map(disabled),
    runtimes,
  });
}

function read(path: string, file: string): ResolvedFile {
  const files = new ConfigFiles();
  return { text: files.read(path), file, sources: files.references(dirname(path)) };
}

/** What counts in place of the file, or beside it. */
function overridesOf({ catalog, listenAddr, logLevel }: ConfigFlags, { file, apiKey }: Configuration) {
  const { OMG_LOG_LEVEL, RUST_LOG } = process.env;
  const level = chooseLevel(logLevel, process.env, undefined, "info");
  const levelOrigin =
    level === logLevel
      ? "flag --log-level"
      : level === OMG_LOG_LEVEL
        ? "environment OMG_LOG_LEVEL"
        : level === RUST_LOG
          ? "environment RUST_LOG"
          : undefined;
  const overrides: Record<string, { value: unknown; origin: string }> = {};
  if (listenAddr !== undefined) overrides.listen_addr = { value: listenAddr, origin: "flag --listen-addr" };
  if (catalog !== undefined) overrides.catalog_path = { value: catalog, origin: "flag --catalog" };
  if (levelOrigin !== undefined) overrides.log_level = { value: level, origin: levelOrigin };
  else if (file.log_level === undefined) overrides.log_level = { value: level, origin: "default" };
  if (file.api_key === undefined && apiKey !== undefined) {
    overrides.api_key = { value: apiKey, origin: "environment MCP_GATEWAY_API_KEY" };
  }
  return overrides;
}
