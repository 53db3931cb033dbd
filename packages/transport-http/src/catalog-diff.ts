import type { IncomingMessage, ServerResponse } from "node:http";
import { diffCatalogs, digestEntries, type EntryDigest, OmgError, scanMembers } from "@omg/core";
import { checkMedia, readBody } from "./body.ts";
import type { HttpContext } from "./context.ts";
import { failureOf, sendJson, sendRefusal } from "./http-errors.ts";

/**
 * `POST /catalog/diff`: what a catalog would change, of which only salted digests come in: neither a command nor a
 * secret crosses the network. Never throws.
 */
export async function answerCatalogDiff(
  context: HttpContext,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    checkMedia(incoming);
    const { salt, servers } = readDigests(await readBody(incoming, context.limits.bodyBytes));
    const current = context.gateway.servers().map(({ config }) => config);
    const diff = diffCatalogs(digestEntries(current, salt), servers);
    sendJson(outgoing, 200, Buffer.from(JSON.stringify(diff)));
  } catch (thrown) {
    const { status, headers, error } = failureOf(thrown);
    if (error.reason === "internal") context.emit({ type: "http-error", error: thrown });
    sendRefusal(outgoing, status, error.message, headers, error.reason);
  }
}

const minSalt = 16;

function readDigests(body: Buffer): { salt: string; servers: EntryDigest[] } {
  const { salt, servers } = (parse(body) ?? {}) as { salt?: unknown; servers?: unknown };
  if (typeof salt !== "string" || salt.length < minSalt || !Array.isArray(servers)) throw unreadable();
  return { salt, servers: servers.map(readEntry) };
}

function readEntry(entry: unknown): EntryDigest {
  const { id, parts } = (entry ?? {}) as { id?: unknown; parts?: unknown };
  if (typeof id !== "string" || typeof parts !== "object" || parts === null) throw unreadable();
  return { id, parts: new Map(Object.entries(parts).map(([path, digest]) => [path, String(digest)])) };
}

function parse(body: Buffer): unknown {
  try {
    // What is too deep or too much is refused before it takes the time that parsing it does.
    scanMembers(body);
    return JSON.parse(body.toString());
  } catch {
    throw unreadable();
  }
}

function unreadable(): OmgError {
  const message = `The body must be {"salt": "…", "servers": [{"id": "…", "parts": {"path": "digest"}}]}`;
  return new OmgError("invalid_request", { message });
}
