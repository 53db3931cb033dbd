import { catalogJsonSchema, configJsonSchema } from "../../packages/core/src/config/index.ts";
import createDockerRuntime from "../../packages/runtime-docker/src/index.ts";
import createKubernetesRuntimes from "../../packages/runtime-k8s/src/index.ts";
import createLocalRuntime from "../../packages/runtime-local/src/index.ts";
import createRemoteRuntimes from "../../packages/runtime-sse/src/index.ts";
import { markdownTable } from "./table.ts";

/** The part of JSON Schema that our own schemas use. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, Schema | true>>;
  readonly required?: readonly string[];
  readonly definitions?: Readonly<Record<string, Schema>>;
  /** What no value fits: keys that are known in order to be refused. */
  readonly not?: object;
}

/** Of the text with a reference in it, which may stand for every value. */
const reference = "\\$\\{";

/** Keys of config.yaml that count at once when the file changes; a test compares this with what a gateway says. */
export const liveKeys: readonly string[] = ["catalog_path", "servers", "runtimes", "pins"];

const runtimes = [
  createLocalRuntime(),
  ...createRemoteRuntimes(),
  createDockerRuntime(),
  ...createKubernetesRuntimes(),
];
const config = configJsonSchema(runtimes) as Schema;
const catalog = catalogJsonSchema(runtimes) as Schema;

export const settingsRegions = {
  "keys of config.yaml": () =>
    tableOf(config, (key) => (liveKeys.includes(key) ? "at once" : "after a restart")),
  "keys of a catalog entry": () => tableOf(catalog.definitions?.server),
  "keys of tools": () => tableOf(partOf(catalog.definitions?.server, "tools")),
  "options of local-process": () => tableOf(catalog.definitions?.["runtime-local-process"]),
  "options of remote-sse": () => tableOf(catalog.definitions?.["runtime-remote-sse"]),
} as const;

export const dockerRegions = {
  "options of docker": () => tableOf(catalog.definitions?.["runtime-docker"]),
  "keys of engine": () => tableOf(partOf(catalog.definitions?.["runtime-docker"], "engine")),
} as const;

export const kubernetesRegions = {
  "options of k8s-job": () => tableOf(catalog.definitions?.["runtime-k8s-job"]),
  "keys of volumes": () => tableOf(partOf(catalog.definitions?.["runtime-k8s-job"], "volumes")?.items),
  "keys of env_from": () => tableOf(partOf(catalog.definitions?.["runtime-k8s-job"], "env_from")?.items),
  "options of k8s-service": () => tableOf(catalog.definitions?.["runtime-k8s-service"]),
} as const;

/** The keys of config.yaml. */
export const configKeys: readonly string[] = keysOf(config).map(([key]) => key);

function partOf(schema: Schema | undefined, key: string): Schema | undefined {
  const part = schema?.properties?.[key];
  return part === true ? undefined : part;
}

function tableOf(schema: Schema = {}, takesEffect?: (key: string) => string): string {
  const rows = keysOf(schema).map(([key, value]) => {
    const [meaning, preset] = describe(value, schema.required?.includes(key) === true);
    return [`\`${key}\``, typeOf(value), preset, meaning, ...(takesEffect ? [takesEffect(key)] : [])];
  });
  const head = ["Key", "Type", "Default", "Meaning", ...(takesEffect ? ["A change counts"] : [])];
  return markdownTable(head, rows);
}

/** Without `$schema`, which is the editor's, the runtime's `type`, which stands in the text, and what is refused. */
function keysOf({ properties = {} }: Schema): [string, Schema][] {
  return Object.entries(properties).flatMap(([key, value]) =>
    key === "$schema" || value === true || value.not ? [] : [[key, value] as [string, Schema]],
  );
}

/** A default that no file could hold stands at the end of the description. */
function describe({ description = "", default: preset }: Schema, required: boolean): [string, string] {
  const [meaning = "", inWords] = description.replace(/\.$/, "").split(/\. Default: /);
  if (required) return [withCode(meaning), "required"];
  const isEmpty = typeof preset === "object" && preset !== null && Object.keys(preset).length === 0;
  if (preset !== undefined && !isEmpty) return [withCode(meaning), `\`${preset}\``];
  const isValue = inWords !== undefined && /^\w+$/.test(inWords);
  return [withCode(meaning), isValue ? `\`${inWords}\`` : withCode(inWords ?? "none")];
}

/** Keys, variables, flags and addresses, which editors show as plain text. */
function withCode(text: string): string {
  return text.replace(/https?:\/\/[\w./:-]+|~\/[\w./-]*|--[a-z-]+|\b\w+_\w+\b|\bhost:port\b/g, "`$&`");
}

function typeOf(schema: Schema): string {
  const ways = (schema.anyOf ?? [schema]).filter(({ pattern }) => pattern !== reference);
  if (ways.length > 1) return ways.map(typeOf).join(" or ");
  const [own = schema] = ways;
  if (own.anyOf) return typeOf(own);
  if (own.const !== undefined) return `\`${own.const}\``;
  if (own.enum) return own.enum.map((word) => `\`${word}\``).join(", ");
  switch (firstType(own)) {
    case "integer":
    case "number":
      return `number${range(own)}`;
    case "boolean":
      return "`true`, `false`";
    case "array":
      return firstType(own.items?.anyOf?.[0] ?? own.items) === "string" ? "list of texts" : "list of entries";
    case "object":
      return "map";
    default:
      return "text";
  }
}

function firstType({ type, oneOf = [] }: Schema = {}): string | undefined {
  if (typeof type === "string") return type;
  return type?.[0] ?? (oneOf[0] && firstType(oneOf[0]));
}

function range({ minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: Schema): string {
  if (maximum < Number.MAX_SAFE_INTEGER) return `, ${minimum} to ${maximum}`;
  return minimum > 0 ? `, ${minimum} or more` : "";
}
