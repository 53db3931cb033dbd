import { type RuntimeRemark, resolveRuntime } from "../gateway/resolve-runtime.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { optionRemarks } from "./option-remarks.ts";
import { optionsSchemaOf } from "./options-schema.ts";
import type { Locate } from "./parse.ts";
import { maskKey } from "./sensitive.ts";
import { suggest, unknownKey } from "./suggest.ts";
import type { ServerConfig } from "./types.ts";
import { type UnknownOption, unknownOptions } from "./unknown-options.ts";

export interface CheckedOptions {
  /** The entries, those that do not fit with their `problem`. */
  readonly servers: ServerConfig[];
  /** What is wrong, and what the runtimes remark on, with its place in the file. */
  readonly diagnostics: Diagnostic[];
  /** The checked options of the entries that can be used, by the name of their runtime. */
  readonly options: ReadonlyMap<string, readonly unknown[]>;
}

/** Checks each entry's `runtime` by the runtime's own schema, and by its JSON Schema for keys that it does not know. */
export async function checkRuntimeOptions(
  servers: readonly ServerConfig[],
  runtimes: readonly RuntimeV1[],
  locate: Locate,
): Promise<CheckedOptions> {
  const schemas = new Map(runtimes.map((runtime) => [runtime.name, optionsSchemaOf(runtime)]));
  const checked = await Promise.all(servers.map((server) => checkEntry(server, runtimes, schemas)));
  const diagnostics = checked.flatMap(({ server: { id }, problems, remarks }) => {
    const say = (severity: Diagnostic["severity"], { path, message }: RuntimeRemark): Diagnostic => {
      return { severity, message, server: id, ...locate(id, ["runtime", ...path]) };
    };
    return [
      ...problems.map((problem) => say("error", problem)),
      ...remarks.map((remark) => say("warning", remark)),
    ];
  });
  const options = new Map<string, unknown[]>();
  for (const { server, usable } of checked) {
    const { type } = server.runtime;
    if (usable) options.set(type, [...(options.get(type) ?? []), usable.options]);
  }
  return { servers: checked.map(({ server }) => server), diagnostics, options };
}

interface CheckedEntry {
  /** With its `problem`, if it has one. */
  readonly server: ServerConfig;
  readonly problems: readonly RuntimeRemark[];
  readonly remarks: readonly RuntimeRemark[];
  /** Absent for an entry that can not be used. */
  readonly usable?: { readonly options: unknown };
}

async function checkEntry(
  server: ServerConfig,
  runtimes: readonly RuntimeV1[],
  schemas: ReadonlyMap<string, ReturnType<typeof optionsSchemaOf>>,
): Promise<CheckedEntry> {
  const { type, ...written } = server.runtime;
  const isUsable = server.problem === undefined;
  if (!isUsable && !(schemas.has(type) && isWhole(server))) return { server, problems: [], remarks: [] };
  const resolved = await resolveRuntime(server, runtimes);
  const schema = schemas.get(type);
  const made = "options" in resolved ? resolved.options : undefined;
  const unknown = schema ? unknownOptions(schema, written, made) : [];
  const refused = "problems" in resolved ? resolved.problems : [];
  const problems = [
    ...unknown.map(asProblem),
    ...refused.filter((problem) => !isSaid(problem, unknown)).map(withMaskedKeys),
  ];
  if (problems.length === 0 && "options" in resolved) {
    const { runtime, options } = resolved;
    const remarks = optionRemarks(server, runtime, options).map(withMaskedKeys);
    return { server, problems, remarks, ...(isUsable ? { usable: { options } } : {}) };
  }
  const known = server.problem === undefined ? [] : [server.problem];
  const problem = [...known, ...problems.map(({ message }) => message)].join("; ");
  return { server: { ...server, problem }, problems, remarks: [] };
}

/** Whether the values of an entry are known: a reference that was not resolved would be taken for one. */
function isWhole({ runtime, problem }: ServerConfig): boolean {
  return problem === undefined || !JSON.stringify(runtime).includes("${");
}

function asProblem({ path, known }: UnknownOption): RuntimeRemark {
  return { path, message: unknownKey(path.at(-1) ?? "", known) };
}

function withMaskedKeys({ path, message }: RuntimeRemark): RuntimeRemark {
  const label = ["runtime", ...path].join(".");
  if (!message.startsWith(`${label}:`)) return { path, message };
  return { path, message: ["runtime", ...path.map(maskKey)].join(".") + message.slice(label.length) };
}

/** Whether a problem is about a key that is unknown anyway: schemas name it in the path, or in words for its object. */
function isSaid({ path, message }: RuntimeRemark, unknown: readonly UnknownOption[]): boolean {
  return unknown.some((option) => {
    // Whoever mistyped a key that is required hears of it once.
    const isMeant = suggest(option.path.at(-1) ?? "", option.known) === path.at(-1);
    if (isMeant && option.path.length === path.length && isSamePlace(option.path, path)) return true;
    const isBelow = option.path.every((key, index) => path[index] === key);
    if (isBelow) return true;
    const isObject =
      path.length === option.path.length - 1 && path.every((key, at) => option.path[at] === key);
    return isObject && message.includes(JSON.stringify(option.path.at(-1)));
  });
}

/** Whether two keys stand in the same object. */
function isSamePlace(a: readonly string[], b: readonly string[]): boolean {
  return a.slice(0, -1).join("\0") === b.slice(0, -1).join("\0");
}
