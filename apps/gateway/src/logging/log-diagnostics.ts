import type { Diagnostic } from "@omg/core/config";
import { distinct } from "../configuration/distinct-diagnostics.ts";
import type { Logger } from "./logger.ts";

export function logDiagnostics(log: Logger, diagnostics: readonly Diagnostic[]): void {
  for (const { severity, message, file, line, server } of distinct(diagnostics)) {
    log(severity === "error" ? "error" : "warn", message, { server_id: server, file: `${file}:${line}` });
  }
}
