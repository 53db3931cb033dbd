/** Shorter values would hide ordinary words. */
const minLength = 6;

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
    for (const form of forms) result = result.replaceAll(form, "[redacted]");
    return result;
  };
}
