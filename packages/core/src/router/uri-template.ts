import { fitsLiterals } from "./literals.ts";

const maxUriLength = 4096;

/**
 * Whether a URI may come from a template (RFC 6570), judged by the template's literal parts in their order. Linear in
 * the length of the URI.
 */
export function templateMatches(template: string, uri: string): boolean {
  return uri.length <= maxUriLength && fitsLiterals(template.split(/\{[^{}]*\}/), uri);
}
