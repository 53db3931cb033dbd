/** Shorter values would hide ordinary words. */
const minLength = 6;

/** Hides known secret values in text, whatever they stand in. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  // Longest first, so that a secret that contains another is hidden whole.
  const known = [...new Set(secrets)].filter((secret) => secret.length >= minLength);
  known.sort((a, b) => b.length - a.length);
  // A log line is JSON: the secret may stand there escaped.
  const forms = known.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  return (text) => forms.reduce((result, secret) => result.replaceAll(secret, "[redacted]"), text);
}
