/** Something wrong in a configuration file, and where. */
export interface Diagnostic extends Place {
  /** An error in a server's entry disables that server; any other error refuses the file. A warning changes nothing. */
  readonly severity: "error" | "warning";
  /** What is wrong, in one sentence. Never a secret. */
  readonly message: string;
  /** The id of the server whose entry it concerns. */
  readonly server?: string | undefined;
  /** What to do about it, where the message does not say so. */
  readonly hint?: string | undefined;
}

/** A place in a configuration file. */
export interface Place {
  /** As it was named to the parser. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
  /** Where the word that is meant ends, in the same line: the column behind it, from 1. */
  readonly endColumn?: number | undefined;
  /** The lines around the place with their numbers and a caret below it; secrets are `***`. */
  readonly frame?: string | undefined;
}

/** `file:line:column: severity: message`, which editors and terminals can follow. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, message } = diagnostic;
  return `${file}:${line}:${column}: ${severity}: ${message}`;
}
