import { issuePath } from "../gateway/plan-server.ts";
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
      if (server.problem !== undefined) return server;
      const problems: string[] = [];
      const report = (path: readonly string[], message: string) => {
        problems.push(message);
        const place = locate(server.id, ["runtime", ...path]);
        diagnostics.push({ severity: "error", message, server: server.id, ...place });
      };
      const { type, ...options } = server.runtime;
      const runtime = runtimes.find((candidate) => candidate.name === type);
      if (!runtime) report(["type"], `Server '${server.id}' has unknown runtime type: ${type}`);
      const result = await runtime?.options["~standard"].validate(options);
      for (const issue of result?.issues ?? []) {
        const path = issuePath(issue);
        report(path, `${["runtime", ...path].join(".")}: ${issue.message}`);
      }
      return problems.length === 0 ? server : { ...server, problem: problems.join("; ") };
    }),
  );
  return { servers: checked, diagnostics };
}
