import { createHmac, randomBytes } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import type { ServerConfig } from "../config/types.ts";
import type { StateStore } from "../runtime/v1.ts";
import type { GatewayListener } from "./events.ts";

const storeKey = "core.fingerprint-key";

/** The key that entries are hashed with, made once for each store: a hash says nothing about the secrets in it. */
export async function fingerprintKey(store: StateStore, emit: GatewayListener): Promise<string> {
  const made = randomBytes(32).toString("base64url");
  try {
    const known = await store.get(storeKey);
    if (known) return known;
    await store.set(storeKey, made);
  } catch (error) {
    emit({ type: "store-failed", error });
  }
  return made;
}

/** What is shown of a server, and to whom: no instance need end for it. */
const shownOnly = new Set<keyof ServerConfig>(["display_name", "description", "tags", "tools", "pins"]);
/** What says nothing of the server itself. */
const besides = new Set<keyof ServerConfig>(["secrets", "written"]);

/**
 * Equal for entries whose servers run in the same way, whatever the order of their keys; different when anything about
 * the server differs, the values of its secrets included.
 */
export function fingerprint(key: string, server: ServerConfig, surroundings: object): string {
  const entry = without(server, (field) => besides.has(field) || shownOnly.has(field));
  return createHmac("sha256", key).update(canonicalJson({ entry, surroundings })).digest("base64url");
}

/** Whether two entries of one fingerprint show the same of their server. */
export function showsTheSame(a: ServerConfig, b: ServerConfig): boolean {
  const shown = (entry: ServerConfig) => canonicalJson(without(entry, (field) => !shownOnly.has(field)));
  return shown(a) === shown(b);
}

function without(entry: ServerConfig, isOut: (field: keyof ServerConfig) => boolean): object {
  return Object.fromEntries(Object.entries(entry).filter(([field]) => !isOut(field as keyof ServerConfig)));
}
