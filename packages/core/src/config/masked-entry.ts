import { hideText, isSecretKey, mask, maskItem, maskKey } from "./sensitive.ts";
import type { ServerConfig } from "./types.ts";

const secretMaps = new Set(["env", "headers"]);

/** What an entry says to people. */
export interface EntryTitle {
  /** Default: the id. */
  readonly display_name: string;
  /** Empty if there is none. */
  readonly description: string;
  readonly tags: readonly string[];
  /** The name of the runtime. */
  readonly type: string;
}

/** An entry as it may be shown to people. */
export interface MaskedEntry extends EntryTitle {
  readonly runtime: unknown;
  readonly env: unknown;
}

/** What a server's entry says to people, as written where that is known: references to variables and files stay. */
export function entryTitle(server: ServerConfig): EntryTitle {
  const { runtime, display_name, description, tags } = shownOf(server);
  const { type } = (runtime ?? {}) as { type?: unknown };
  return {
    display_name: textOf(display_name) || server.id,
    description: textOf(description),
    tags: Array.isArray(tags) ? tags.map(textOf) : [],
    type: textOf(type) || server.runtime.type,
  };
}

/**
 * A server's entry as written, where that is known: references to variables and files stay, their defaults do not. What
 * is or looks secret in `runtime` and `env` is `***`.
 */
export function maskedEntry(server: ServerConfig): MaskedEntry {
  const { written } = server;
  // What nobody wrote has its references resolved: a secret may look like one.
  const hide = written ? hideText : () => mask;
  return {
    ...entryTitle(server),
    runtime: masked(shownOf(server).runtime, hide, false),
    env: masked((written ? written.env : server.env) ?? {}, hide, true),
  };
}

function shownOf(server: ServerConfig): Partial<Record<keyof ServerConfig, unknown>> {
  return { ...server, ...server.written };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function masked(value: unknown, hide: (text: string) => string, hidden: boolean, before?: unknown): unknown {
  if (typeof value === "string") return hidden ? hide(value) : maskItem(value, before);
  if (value === null || value === undefined) return value;
  if (Array.isArray(value)) return value.map((item, index) => masked(item, hide, hidden, value[index - 1]));
  if (typeof value !== "object") return hidden ? mask : value;
  const entries = Object.entries(value).map(([key, item]) => {
    const isSecret = hidden || secretMaps.has(key) || isSecretKey(key);
    return [maskKey(key), masked(item, hide, isSecret)];
  });
  return Object.fromEntries(entries);
}
