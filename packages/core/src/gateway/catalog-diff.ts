import { createHmac } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import { maskKey } from "../config/sensitive.ts";
import type { ServerConfig } from "../config/types.ts";

/** What a catalog entry says, part by part, as digests: they can be compared, but not read. */
export interface EntryDigest {
  /** The server's id, which is no secret. */
  readonly id: string;
  /** By the keys that lead to the part, for example `runtime.args` or `env.TOKEN`. */
  readonly parts: ReadonlyMap<string, string>;
}

/** What a catalog in the place of another would change, by ids. */
export interface CatalogDiff {
  /** Servers that only the other catalog has. */
  readonly added: readonly string[];
  /** Servers that the other catalog lacks. */
  readonly removed: readonly string[];
  /** With the parts of the entry that differ. */
  readonly changed: readonly { readonly id: string; readonly parts: readonly string[] }[];
  /** Servers whose entries are the same in all parts. */
  readonly unchanged: readonly string[];
}

/** Digests of entries as they are written, references unresolved. Only digests of the same salt can be compared. */
export function digestEntries(servers: readonly ServerConfig[], salt: string): EntryDigest[] {
  const digest = (value: unknown) =>
    createHmac("sha256", salt).update(canonicalJson(value)).digest("base64url");
  return servers.map((server) => {
    const { runtime, env, ...plain } = asWritten(server);
    // A variable is text, however YAML reads it.
    const variables = below("env", env).map(([path, value]) => [path, String(value)] as [string, unknown]);
    const parts = [...Object.entries(plain), ...below("runtime", runtime), ...variables];
    const given = parts.filter(([, value]) => value !== undefined);
    return { id: server.id, parts: new Map(given.map(([path, value]) => [path, digest(value)])) };
  });
}

/** Compares entry by entry. Both sides must be digests of the same salt, or everything has changed. */
export function diffCatalogs(before: readonly EntryDigest[], after: readonly EntryDigest[]): CatalogDiff {
  const old = new Map(before.map((entry) => [entry.id, entry]));
  const ids = new Set(after.map(({ id }) => id));
  const known = after.filter(({ id }) => old.has(id));
  const compared = known.map((entry) => ({
    id: entry.id,
    parts: differing(old.get(entry.id) ?? entry, entry),
  }));
  return {
    added: after.filter(({ id }) => !old.has(id)).map(({ id }) => id),
    removed: [...old.keys()].filter((id) => !ids.has(id)),
    changed: compared.filter(({ parts }) => parts.length > 0),
    unchanged: compared.filter(({ parts }) => parts.length === 0).map(({ id }) => id),
  };
}

function asWritten({ secrets: _, problem: __, written, ...resolved }: ServerConfig) {
  return written ? { ...resolved, env: undefined, ...written } : resolved;
}

function below(key: string, value: unknown): [string, unknown][] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).map(([name, part]) => [`${key}.${name}`, part]);
}

function differing(a: EntryDigest, b: EntryDigest): string[] {
  const paths = new Set([...a.parts.keys(), ...b.parts.keys()]);
  const different = [...paths].filter((path) => a.parts.get(path) !== b.parts.get(path));
  return different.map((path) => path.split(".").map(maskKey).join(".")).sort();
}
