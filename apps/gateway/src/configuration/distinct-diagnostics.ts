import type { Diagnostic } from "@omg/core/config";

/** Each message once a place: an entry that two servers share, or that is read twice, would else repeat it. */
export function distinct(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const heard = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const place = `${diagnostic.file}:${diagnostic.line}:${diagnostic.message}`;
    if (!heard.has(place)) heard.set(place, diagnostic);
  }
  return [...heard.values()];
}
