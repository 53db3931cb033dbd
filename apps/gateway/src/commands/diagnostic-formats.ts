import type { Diagnostic } from "@omg/core/config";
import { printableLines } from "../logging/logger.ts";

/** What is wrong, for programs. */
export const machineFormats = { json: asJson, github: asGithubAnnotations } as const;

/** In the shape of the language server protocol: counted from 0, severity 1 is an error and 2 a warning. */
function asJson(diagnostics: readonly Diagnostic[]): string {
  const shaped = diagnostics.map(({ severity, message, file, line, column, endColumn, server, hint }) => ({
    severity: severity === "error" ? 1 : 2,
    message,
    file,
    range: {
      start: { line: line - 1, character: column - 1 },
      end: { line: line - 1, character: (endColumn ?? column + 1) - 1 },
    },
    ...(server === undefined ? {} : { server }),
    ...(hint === undefined ? {} : { hint }),
    source: "omg",
  }));
  return printableLines(`${JSON.stringify({ v: 1, diagnostics: shaped }, undefined, 2)}\n`);
}

/** One workflow command a problem, which GitHub shows at its line. */
function asGithubAnnotations(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ severity, message, file, line, column, endColumn, hint }) => {
      const end = endColumn === undefined ? [] : [`endColumn=${endColumn - 1}`];
      const place = [`file=${property(file)}`, `line=${line}`, `col=${column}`, ...end].join(",");
      return `::${severity} ${place}::${data(hint === undefined ? message : `${message}\nhint: ${hint}`)}\n`;
    })
    .join("");
}

function data(text: string): string {
  return printableLines(text).replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
