/** Something wrong in a configuration file, and where. */
export interface Diagnostic {
  /** An error in a server's entry disables that server; any other error refuses the file. */
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** The id of the server whose entry it concerns. */
  readonly server?: string | undefined;
}

/** `file:line:column: severity: message`, which editors and terminals can follow. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, message } = diagnostic;
  return `${file}:${line}:${column}: ${severity}: ${message}`;
}
