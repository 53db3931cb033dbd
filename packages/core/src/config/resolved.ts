import { getDefaults } from "valibot";
import { Document, isCollection, type Pair, type Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { RuntimeV1 } from "../runtime/v1.ts";
import { isSchema, optionsSchemaOf } from "./options-schema.ts";
import { contentOf, entryId } from "./parse.ts";
import { type ReferenceSources, resolveReferences } from "./references.ts";
import { configSchema } from "./schema.ts";
import { isPlainKey, isSecretKey, mask, maskItem, maskKey } from "./sensitive.ts";
import { YamlSource } from "./yaml-source.ts";

/** A file of the configuration, as it was read. */
export interface ResolvedFile {
  /** What stands in it. */
  readonly text: string;
  /** What messages call it. */
  readonly file: string;
  /** Where its references take their values from. */
  readonly sources: ReferenceSources;
}

export interface ResolvedOptions {
  /** Absent: there is none. */
  readonly config?: ResolvedFile | undefined;
  /** Absent: the servers stand in the configuration. */
  readonly catalog?: ResolvedFile | undefined;
  /** Keys of the top level whose value comes from elsewhere, and from where. */
  readonly overrides: Readonly<Record<string, { readonly value: unknown; readonly origin: string }>>;
  /** Why servers can not be used, by id. */
  readonly problems: ReadonlyMap<string, string>;
  readonly runtimes: readonly RuntimeV1[];
}

/**
 * The configuration as it counts, as YAML: with defaults, with the origin of each value as a comment, with references
 * resolved. What came from outside of the files is `***`, and so is all that is or may be a secret.
 */
export function resolvedYaml({ config, catalog, overrides, problems, runtimes }: ResolvedOptions): string {
  const top = read(config);
  const defaults: Record<string, unknown> = getDefaults(configSchema);
  const document = new Document(new YAMLMap());
  const root = document.contents as unknown as YAMLMap;
  for (const key of Object.keys(configSchema.entries)) {
    const override = overrides[key];
    if (key === "servers") continue;
    if (override) add(root, key, shown(override.value, key, none), override.origin);
    else if (top.value[key] !== undefined)
      add(root, key, shown(top.value[key], key, none), top.origin([key]));
    else if (defaults[key] !== undefined) add(root, key, defaults[key], "default");
  }
  const source = catalog ? read(catalog) : top;
  const entries = Array.isArray(source.value.servers) ? source.value.servers : [];
  const list = new YAMLSeq();
  for (const [index, entry] of entries.entries()) {
    const id = entryId(entry) ?? "";
    const server = serverMap(entry, root, runtimes);
    const problem = problems.get(id);
    server.commentBefore = [source.origin(["servers", index]), ...(problem ? [`disabled: ${problem}`] : [])]
      .map((line) => ` ${line.replace(/\s+/g, " ")}`)
      .join("\n");
    list.items.push(server);
  }
  root.items.push(document.createPair("servers", list) as unknown as Pair);
  return document.toString({ lineWidth: 0 });

  function add(map: YAMLMap, key: string, value: unknown, origin: string): void {
    const pair = document.createPair(key, value) as unknown as Pair<Scalar, Scalar>;
    const node = pair.value;
    if (isCollection(node)) pair.key.commentBefore = ` ${origin}`;
    else if (node) node.comment = ` ${origin}`;
    map.items.push(pair);
  }

  function serverMap(entry: unknown, gateway: YAMLMap, installed: readonly RuntimeV1[]): YAMLMap {
    const map = new YAMLMap();
    if (!isSchema(entry)) return map;
    const options = optionNames(installed, entry.runtime);
    for (const [key, value] of Object.entries(entry)) {
      const names = key === "runtime" ? options : none;
      map.items.push(document.createPair(maskKey(key), shown(value, key, names)) as unknown as Pair);
    }
    if (entry.scope === undefined) add(map, "scope", "shared", "default");
    if (entry.era === undefined) add(map, "era", "auto", "default");
    for (const key of ["idle_timeout_seconds", "start_timeout_seconds", "pins"]) {
      if (entry[key] === undefined) add(map, key, gateway.get(key), "as above");
    }
    return map;
  }
}

const none: ReadonlySet<string> = new Set();

function read(file: ResolvedFile | undefined): {
  value: Record<string, unknown>;
  origin: (path: readonly (string | number)[]) => string;
} {
  if (!file) return { value: {}, origin: () => "default" };
  const source = new YamlSource(file.file, file.text);
  const { value } = resolveReferences(contentOf(source), hidden(file.sources));
  return {
    value: value as Record<string, unknown>,
    origin: (path) => `${file.file}:${source.place(path).line}`,
  };
}

/** Sources that say whether there is a value, and never which. */
function hidden({ variable }: ReferenceSources): ReferenceSources {
  return { variable: (name) => (variable(name) ? mask : variable(name)), file: () => mask };
}

/** A value without its secrets. `names` are the keys below it that are known to hold none. */
function shown(value: unknown, key: string, names: ReadonlySet<string>, before?: unknown): unknown {
  const isKnown = isPlainKey(key) || (names.has(key) && !isSecretKey(key) && !/^(?:env|headers)$/.test(key));
  if (Array.isArray(value)) return value.map((item, index) => shown(item, key, names, value[index - 1]));
  if (isSchema(value)) {
    const entries = Object.entries(value).map(([name, item]) => {
      return [maskKey(name), isKnown ? shown(item, name, names) : shown(item, "", none)];
    });
    return Object.fromEntries(entries);
  }
  if (value === null || value === undefined) return value;
  if (!isKnown) return mask;
  return typeof value === "string" ? maskItem(value, before) : value;
}

/** The names of all options that a runtime has, at any depth. */
function optionNames(runtimes: readonly RuntimeV1[], entry: unknown): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (schema: unknown): void => {
    if (Array.isArray(schema)) for (const item of schema) collect(item);
    if (!isSchema(schema)) return;
    if (isSchema(schema.properties)) for (const name of Object.keys(schema.properties)) names.add(name);
    for (const part of Object.values(schema)) collect(part);
  };
  const runtime = runtimes.find(({ name }) => isSchema(entry) && name === entry.type);
  collect(runtime && optionsSchemaOf(runtime));
  return names;
}
