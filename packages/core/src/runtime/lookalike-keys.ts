import type { OmgError } from "./errors.ts";
import { invalid } from "./head-fields.ts";
import { foldedKey } from "./json-members.ts";

/**
 * Whether a lenient parser would take a key for one of these, folded, so that it and the scan would see different messages.
 * The keys themselves are told apart before.
 */
export function looksLike(key: string, folded: ReadonlySet<string>): boolean {
  return !trustedKeys.has(key) && folded.has(foldedKey(key));
}

/** All keys that the scan acts upon, wherever. */
const trustedKeys = new Set([
  ...["jsonrpc", "id", "method", "params", "result", "error"],
  ...["name", "uri", "cursor", "progressToken", "requestId", "requestState", "taskId", "_meta", "ref"],
]);

export function lookalike(key: string): OmgError {
  return invalid(`The key ${JSON.stringify(key)} looks like one of the protocol's but is not`);
}
