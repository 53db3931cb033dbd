import { type RuntimeProblem, resolveRuntime } from "../gateway/resolve-runtime.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { optionsSchemaOf } from "./options-schema.ts";
import type { Locate } from "./parse.ts";
import { maskKey } from "./sensitive.ts";
import { suggest, unknownKey } from "./suggest.ts";
import type { ServerConfig } from "./types.ts";
import { type UnknownOption, unknownOptions } from "./unknown-options.ts";

/**
 * Checks each entry's `runtime` by the runtime's own schema, and by its JSON Schema for keys that it does not know. Returns
 * the entries, those that do not fit with their `problem`, and what is wrong with its place in the file.
 */
export async function checkRuntimeOptions(
  servers: readonly ServerConfig[],
  runtimes: readonly RuntimeV1[],
  locate: Locate,
): Promise<{ servers: ServerConfig[]; diagnostics: Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const schemas = new Map(runtimes.map((runtime) => [runtime.name, optionsSchemaOf(runtime)]));
  const checked = await Promise.all(
    servers.map(async (server) => {
      if (server.problem !== undefined && !(schemas.has(server.runtime.type) && isWhole(server)))
        return server;
      const resolved = await resolveRuntime(server, runtimes);
      const schema = schemas.get(server.runtime.type);
      const { type: _, ...options } = server.runtime;
      const made = "options" in resolved ? resolved.options : undefined;
      const unknown = schema ? unknownOptions(schema, options, made) : [];
      const problems = [
        ...unknown.map(asProblem),
        ...("problems" in resolved
          ? resolved.problems.filter((problem) => !isSaid(problem, unknown)).map(withMaskedKeys)
          : []),
      ];
      if (problems.length === 0) return server;
      for (const { path, message } of problems) {
        const place = locate(server.id, ["runtime", ...path]);
        diagnostics.push({ severity: "error", message, server: server.id, ...place });
      }
      const known = server.problem === undefined ? [] : [server.problem];
      return { ...server, problem: [...known, ...problems.map(({ message }) => message)].join("; ") };
    }),
  );
  return { servers: checked, diagnostics };
}

/** Whether the values of an entry are known: a reference that was not resolved would be taken for one. */
function isWhole({ runtime, problem }: ServerConfig): boolean {
  return problem === undefined || !JSON.stringify(runtime).includes("${");
}

function asProblem({ path, known }: UnknownOption): RuntimeProblem {
  return { path, message: unknownKey(path.at(-1) ?? "", known) };
}

function withMaskedKeys({ path, message }: RuntimeProblem): RuntimeProblem {
  const label = ["runtime", ...path].join(".");
  if (!message.startsWith(`${label}:`)) return { path, message };
  return { path, message: ["runtime", ...path.map(maskKey)].join(".") + message.slice(label.length) };
}

/** Whether a problem is about a key that is unknown anyway: schemas name it in the path, or in words for its object. */
function isSaid({ path, message }: RuntimeProblem, unknown: readonly UnknownOption[]): boolean {
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
