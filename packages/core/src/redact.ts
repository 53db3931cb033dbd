/** Shorter values would hide ordinary words. */
const minLength = 6;

/** Hides known secret values in text, also where they stand in JSON. */
export function redactor(secrets: Iterable<string>): (text: string) => string {
  // Longest first, so that a secret that contains another is hidden whole.
  const known = [...new Set(secrets)].filter((secret) => secret.length >= minLength);
  known.sort((a, b) => b.length - a.length);
  const forms = known.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return (text) => forms.reduce((result, form) => result.replaceAll(form, "[redacted]"), text);
}
