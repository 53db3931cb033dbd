import { safeParse } from "valibot";
import { isObject } from "../is-object.ts";
import type { Diagnostic, Place } from "./diagnostic.ts";
import { lintServer, lintTimes } from "./lint.ts";
import { type ReferenceProblem, type ReferenceSources, resolveReferences } from "./references.ts";
import { type ConfigFile, configSchema, serverSchema } from "./schema.ts";
import { type SchemaProblem, schemaProblems } from "./schema-problems.ts";
import { mask, maskKey } from "./sensitive.ts";
import { unknownKey } from "./suggest.ts";
import type { ServerConfig, WrittenEntry } from "./types.ts";
import { type Path, YamlSource } from "./yaml-source.ts";

/** What stands in a config.yaml, and what is wrong with it. */
export interface ParsedConfig {
  /** Absent when the file is refused. */
  readonly config?: Omit<ConfigFile, "servers"> | undefined;
  /** The servers that stand in this file itself. */
  readonly servers?: readonly ServerConfig[] | undefined;
  /** All that is wrong, and where. An error concerns the entry of its `server`, or the file if it names none. */
  readonly diagnostics: readonly Diagnostic[];
  /** Values that came from variables. */
  readonly secrets: readonly string[];
  /** Finds where a field stands, for what is found out later. */
  readonly locate: Locate;
  /** Where a value of the top level stands. */
  readonly place: (path: Path) => Place;
}

/** Where a field of a server's entry stands. */
export type Locate = (server: string, path: Path) => Place;

/** What stands in a catalog.yaml, and what is wrong with it. */
export interface ParsedCatalog {
  /** Entries that are not usable carry their `problem`. */
  readonly servers: readonly ServerConfig[];
  /** All that is wrong, and where. An error concerns the entry of its `server`, or the file if it names none. */
  readonly diagnostics: readonly Diagnostic[];
  /** Values that came from variables and files: to be kept out of logs. */
  readonly secrets: readonly string[];
  /** Finds where a field stands, for what is found out later. */
  readonly locate: Locate;
}

/** Reads the text of a config.yaml. Pure: `file` only names it in messages. */
export function parseConfig(text: string, file: string, sources: ReferenceSources): ParsedConfig {
  const source = new YamlSource(file, text);
  const { value, secrets, problems } = resolveReferences(contentOf(source), sources);
  for (const { path, message, hint } of problems) {
    if (path[0] !== "servers") source.report("error", path, message, { hint });
  }
  const checked = safeParse(configSchema, value);
  reportProblems(source, schemaProblems(configSchema, checked.issues), { at: [] });
  const { servers: inline, ...config } = checked.success ? checked.output : { servers: undefined };
  if (inline !== undefined && checked.success && checked.output.catalog_path !== undefined) {
    source.report("error", ["servers"], "Give the servers here or in catalog_path, not in both");
  }
  if (checked.success) lintTimes(source, [], value as object);
  const servers = inline === undefined ? undefined : readServers(source, value, problems, secrets);
  const refused = source.diagnostics.some((item) => item.severity === "error" && item.server === undefined);
  return {
    config: refused ? undefined : (config as Omit<ConfigFile, "servers">),
    servers,
    diagnostics: source.diagnostics,
    secrets,
    locate: locator(source, value),
    place: (path) => source.place(path),
  };
}

/** Reads the text of a catalog.yaml. */
export function parseCatalog(text: string, file: string, sources: ReferenceSources): ParsedCatalog {
  const source = new YamlSource(file, text);
  const { value, secrets, problems } = resolveReferences(contentOf(source), sources);
  for (const key of Object.keys(value as object)) {
    if (key === "servers") continue;
    source.report("error", [key], unknownKey(key, ["servers"]));
  }
  const servers = readServers(source, value, problems, secrets);
  return { servers, diagnostics: source.diagnostics, secrets, locate: locator(source, value) };
}

/** The map that the file must be, without what is for others than us; an empty file is an empty map. */
export function contentOf(source: YamlSource): object {
  const content = source.value ?? {};
  if (typeof content === "object" && !Array.isArray(content)) {
    const ours = Object.entries(content).filter(([key]) => key !== "$schema" && !key.startsWith("x-"));
    return Object.fromEntries(ours);
  }
  source.report("error", [], "The file must be a map of keys and values");
  return {};
}

function locator(source: YamlSource, substituted: unknown): Locate {
  const entries = (substituted as { servers?: unknown }).servers;
  const ids = Array.isArray(entries) ? entries.map(entryId) : [];
  return (server, path) => source.place(["servers", Math.max(0, ids.indexOf(server)), ...path]);
}

function readServers(
  source: YamlSource,
  substituted: unknown,
  problems: readonly ReferenceProblem[],
  secrets: readonly string[],
): ServerConfig[] {
  const written = (source.value as { servers?: unknown } | undefined)?.servers;
  const entries = (substituted as { servers?: unknown }).servers;
  if (entries === undefined || entries === null) return [];
  if (!Array.isArray(entries)) {
    source.report("error", ["servers"], '"servers" must be a list');
    return [];
  }
  const servers = new Map<string, ServerConfig>();
  for (const [index, entry] of entries.entries()) {
    const broken = problems.filter(({ path }) => path[0] === "servers" && path[1] === index);
    const server = readServer(source, index, entry, (written as unknown[])[index], broken);
    if (!server) continue;
    if (servers.has(server.id)) {
      const message = `Duplicate server ID: ${server.id}`;
      source.report("error", ["servers", index, "id"], message, { server: server.id });
      servers.set(server.id, { ...(servers.get(server.id) as ServerConfig), problem: message });
    } else servers.set(server.id, { ...server, secrets });
  }
  return [...servers.values()];
}

/** The id of an entry: a text, or what YAML made of one. */
export function entryId(entry: unknown): string | undefined {
  const id = isObject(entry) ? entry.id : undefined;
  const isNamed = typeof id === "string" || typeof id === "number" || typeof id === "boolean";
  return isNamed && id !== "" ? String(id) : undefined;
}

function readServer(
  source: YamlSource,
  index: number,
  entry: unknown,
  written: unknown,
  problems: readonly ReferenceProblem[],
): ServerConfig | undefined {
  const at: Path = ["servers", index];
  const fields = (typeof entry === "object" && entry !== null ? entry : {}) as Record<string, unknown>;
  const id = entryId(entry);
  if (id === undefined) {
    // Without an id the entry has no name to be known by, yet it must not take the others down.
    source.report("error", at, `Server at index ${index} missing required field: id`, {
      server: `#${index}`,
    });
    return undefined;
  }
  const before = source.diagnostics.length;
  for (const { path, message, hint } of problems) source.report("error", path, message, { server: id, hint });
  const hasRuntime = fields.runtime !== undefined && fields.runtime !== null;
  if (!hasRuntime) {
    source.report("error", at, `Server '${id}' missing required field: runtime`, { server: id });
  }
  reportHiddenKeys(source, at, fields, id);
  const checked = safeParse(serverSchema, withWrittenNumbers(source, at, fields));
  const wrong = schemaProblems(serverSchema, checked.issues).filter(
    ({ path }) => hasRuntime || path[0] !== "runtime",
  );
  reportProblems(source, wrong, { at, server: id });
  if (checked.success && source.diagnostics.length === before) {
    lintServer(source, at, written as ServerConfig, id);
    // Of its options, valibot drops such as `constructor`.
    return { ...checked.output, runtime: runtimeOf(fields.runtime), written: written as WrittenEntry };
  }
  const problem = source.diagnostics.slice(before).map((item) => item.message);
  return {
    id,
    runtime: runtimeOf(fields.runtime),
    problem: problem.join("; "),
    written: written as WrittenEntry,
  };
}

const hiddenKey = "__proto__";
/** Maps whose keys are names, which are put into other objects. */
const namedMaps: readonly Path[] = [["runtime"], ["env"], ["tools", "rename"], ["tools", "describe"]];

function reportHiddenKeys(source: YamlSource, at: Path, fields: object, server: string): void {
  for (const path of namedMaps) {
    const map = path.reduce<unknown>((value, key) => isObject(value) && value[key], fields);
    if (!isObject(map) || !Object.hasOwn(map, hiddenKey)) continue;
    source.report("error", [...at, ...path, hiddenKey], `"${hiddenKey}" can not be a key here`, { server });
  }
}

/** An environment is text: its numbers are taken as written, `1.10` not as 1.1 and a long id not rounded. */
function withWrittenNumbers(source: YamlSource, at: Path, fields: Record<string, unknown>): unknown {
  const { env } = fields;
  if (typeof env !== "object" || env === null || Array.isArray(env)) return fields;
  const texts = Object.entries(env).map(([name, value]) => {
    return [name, typeof value === "number" ? (source.textOf([...at, "env", name]) ?? value) : value];
  });
  return { ...fields, env: Object.fromEntries(texts) };
}

/** What there is of a runtime, so that its options can be checked along with the rest of a broken entry. */
function runtimeOf(runtime: unknown): ServerConfig["runtime"] {
  const entries = Object.entries(isObject(runtime) ? runtime : {}).filter(([key]) => key !== hiddenKey);
  const { type, ...options } = Object.fromEntries(entries);
  return { type: typeof type === "string" ? type : "unknown", ...options };
}

/** Where the value stands that was checked. */
interface Checked {
  readonly at: Path;
  readonly server?: string;
}

function reportProblems(
  source: YamlSource,
  problems: readonly SchemaProblem[],
  { at, server }: Checked,
): void {
  for (const { path, message, known } of problems) {
    const keys = path.map((key) => maskKey(String(key)));
    // `env: { TOKEN value }` has one long key without a value.
    if (keys[0] === "env" && keys[1] !== undefined && !/^\w+$/.test(keys[1])) keys[1] = mask;
    const said = known ? unknownKey(String(path.at(-1)), known) : `${keys.join(".")}: ${message}`;
    source.report("error", [...at, ...path], said, { server });
  }
}
