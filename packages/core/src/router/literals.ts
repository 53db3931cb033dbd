/**
 * Whether a text is these literals in their order with anything between them, the first at its beginning and the last at
 * its end. Linear in the length of the text for each literal, and never more.
 */
export function fitsLiterals(literals: readonly string[], text: string): boolean {
  const first = literals[0] ?? "";
  if (literals.length === 1) return text === first;
  const last = literals.at(-1) ?? "";
  if (!text.startsWith(first)) return false;
  let from = first.length;
  for (const literal of literals.slice(1, -1)) {
    const at = text.indexOf(literal, from);
    if (at < 0) return false;
    from = at + literal.length;
  }
  return text.length - last.length >= from && text.endsWith(last);
}
