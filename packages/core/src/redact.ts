import { cutMark } from "./runtime/cut-text.ts";

/** Shorter values would hide ordinary words. */
const minLength = 6;
const hidden = "[redacted]";

/** Hides known secret values in text, whatever they stand in. */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  // Servers print line by line, so a secret of several lines, as a key file is, is hidden line by line.
  const lines = [...secrets].flatMap((secret) => [secret, ...secret.split(/\r?\n/)]);
  const known = [...new Set(lines)].filter((secret) => secret.length >= minLength);
  // Longest first, so that a secret that contains another is hidden whole.
  known.sort((a, b) => b.length - a.length);
  // The text may be or hold JSON, where the secret stands escaped.
  const forms = new Set(known.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]));
  return (text) => {
    let result = text;
    for (const form of forms) result = result.replaceAll(form, hidden);
    return withoutCutSecret(result, forms);
  };
}

/** Hides the beginning of a secret that a cut has left: nobody can say that it is not enough. */
function withoutCutSecret(text: string, secrets: Iterable<string>): string {
  const end = text.lastIndexOf(cutMark);
  if (end < minLength) return text;
  let start = end;
  for (const secret of secrets) {
    const head = secret.slice(0, minLength);
    let at = text.indexOf(head, end - secret.length + 1);
    while (at !== -1 && at < start && !secret.startsWith(text.slice(at, end)))
      at = text.indexOf(head, at + 1);
    if (at !== -1 && at < start) start = at;
  }
  return start === end ? text : text.slice(0, start) + hidden + text.slice(end);
}
