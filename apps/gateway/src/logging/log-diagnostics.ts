import type { Diagnostic } from "@omg/core/config";
import { distinct } from "../configuration/distinct-diagnostics.ts";
import type { Logger } from "./logger.ts";

/** A file may be wrong in thousands of places, and be written again and again. */
const maxLogged = 100;

export function logDiagnostics(log: Logger, diagnostics: readonly Diagnostic[]): void {
  const all = distinct(diagnostics);
  for (const { severity, message, file, line, server } of all.slice(0, maxLogged)) {
    log(severity === "error" ? "error" : "warn", message, { server_id: server, file: `${file}:${line}` });
  }
  if (all.length > maxLogged) log("warn", `… and ${all.length - maxLogged} more; see: omg validate`);
}
