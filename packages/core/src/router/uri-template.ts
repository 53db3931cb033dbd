const maxUriLength = 4096;

/**
 * Whether a URI may come from a template (RFC 6570), judged by the template's literal parts in their order. Linear in
 * the length of the URI.
 */
export function templateMatches(template: string, uri: string): boolean {
  if (uri.length > maxUriLength) return false;
  const literals = template.split(/\{[^{}]*\}/);
  const first = literals[0] as string;
  if (literals.length === 1) return uri === first;
  const last = literals.at(-1) as string;
  if (!uri.startsWith(first)) return false;
  let from = first.length;
  for (const literal of literals.slice(1, -1)) {
    const at = uri.indexOf(literal, from);
    if (at < 0) return false;
    from = at + literal.length;
  }
  return uri.length - last.length >= from && uri.endsWith(last);
}
