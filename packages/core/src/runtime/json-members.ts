import { OmgError } from "./errors.ts";
import { JsonScanner, type Span } from "./json-scanner.ts";

/** Where the members of a JSON object stand, by key. Keys that occur twice are refused. */
export function scanMembers(bytes: Buffer): Map<string, Span> {
  const members = new Map<string, Span>();
  const scanner = new JsonScanner(bytes);
  scanner.object((key) => {
    if (members.has(key)) throw duplicateKey(key);
    members.set(key, scanner.skip());
  });
  scanner.end();
  return members;
}

export function duplicateKey(key: string): OmgError {
  return new OmgError("invalid_request", { message: `The message has the key ${JSON.stringify(key)} twice` });
}

/** Equal for keys that a lenient parser takes for one: some ignore case or what follows a NUL. */
export function foldedKey(key: string): string {
  return key.replaceAll("\0", "").toUpperCase().toLowerCase();
}
