import type { Diagnostic } from "@omg/core/config";

/** A person reads no more at once. */
const maxShown = 20;

/** What is wrong, for people: each problem with its message, its place and the lines around it. */
export function diagnosticText(diagnostics: readonly Diagnostic[]): string {
  const shown = mostImportant(diagnostics).map(describe);
  const more = diagnostics.length - shown.length;
  if (more > 0) shown.push(`… and ${more} more`);
  if (diagnostics.length > 1) shown.push(countOf(diagnostics));
  return shown.join("\n\n");
}

/** `2 errors, 1 warning`. */
export function countOf(diagnostics: readonly Diagnostic[]): string {
  const count = (severity: Diagnostic["severity"]) => {
    const number = diagnostics.filter((diagnostic) => diagnostic.severity === severity).length;
    return number === 0 ? [] : [`${number} ${severity}${number === 1 ? "" : "s"}`];
  };
  return [...count("error"), ...count("warning")].join(", ");
}

/** Of too many, errors come before warnings; what remains keeps its order. */
function mostImportant(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const of = (wanted: Diagnostic["severity"]) => diagnostics.filter(({ severity }) => severity === wanted);
  const chosen = new Set([...of("error"), ...of("warning")].slice(0, maxShown));
  return diagnostics.filter((diagnostic) => chosen.has(diagnostic));
}

function describe({ severity, message, file, line, column, frame, hint }: Diagnostic): string {
  const lines = [severity === "error" ? `error[config_invalid]: ${message}` : `warning: ${message}`];
  // What is wrong with a file as a whole has no place in it.
  if (frame !== undefined || line > 1 || !message.includes(file)) lines.push(`  ${file}:${line}:${column}`);
  if (frame !== undefined) lines.push(frame.replace(/^/gm, "  "));
  if (hint !== undefined) lines.push(`  hint: ${hint}`);
  return lines.join("\n");
}
