import { resolveRuntime } from "../gateway/resolve-runtime.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Locate } from "./parse.ts";
import type { ServerConfig } from "./types.ts";

/**
 * Checks each entry's `runtime` by the runtime's own schema. Returns the entries, those that do not fit with their
 * `problem`, and what is wrong with its place in the file.
 */
export async function checkRuntimeOptions(
  servers: readonly ServerConfig[],
  runtimes: readonly RuntimeV1[],
  locate: Locate,
): Promise<{ servers: ServerConfig[]; diagnostics: Diagnostic[] }> {
  const diagnostics: Diagnostic[] = [];
  const checked = await Promise.all(
    servers.map(async (server) => {
      const resolved = server.problem === undefined ? await resolveRuntime(server, runtimes) : undefined;
      if (!resolved || !("problems" in resolved)) return server;
      for (const { path, message } of resolved.problems) {
        const place = locate(server.id, ["runtime", ...path]);
        diagnostics.push({ severity: "error", message, server: server.id, ...place });
      }
      return { ...server, problem: resolved.problems.map(({ message }) => message).join("; ") };
    }),
  );
  return { servers: checked, diagnostics };
}
