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

/**
 * Equal for entries that mean the same, whatever the order of their keys; different when anything about the server
 * differs, the values of its secrets included. Pins say nothing about the server itself.
 */
export function fingerprint(key: string, server: ServerConfig, surroundings: object): string {
  const { secrets: _secrets, written: _written, pins: _pins, ...entry } = server;
  return createHmac("sha256", key).update(canonicalJson({ entry, surroundings })).digest("base64url");
}
