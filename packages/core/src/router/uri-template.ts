import { fitsLiterals } from "./literals.ts";

const maxLength = 4096;

/**
 * Whether a URI may come from a template (RFC 6570), judged by the template's literal parts in their order. Linear in
 * the length of the URI; neither may be longer than 4096 characters.
 */
export function templateMatches(template: string, uri: string): boolean {
  if (uri.length > maxLength || template.length > maxLength) return false;
  return fitsLiterals(template.split(/\{[^{}]*\}/), uri);
}
