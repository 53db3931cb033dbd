import { hideText, isSecretKey, mask, maskItem, maskKey } from "./sensitive.ts";
import type { ServerConfig } from "./types.ts";

const secretMaps = new Set(["env", "headers"]);

/** An entry as it may be shown to people. */
export interface MaskedEntry {
  readonly display_name: string;
  readonly description: string;
  readonly tags: readonly string[];
  /** The name of the runtime. */
  readonly type: string;
  readonly runtime: unknown;
  readonly env: unknown;
}

/**
 * A server's entry as written, where that is known: references to variables and files stay, their defaults do not. What
 * is or looks secret in `runtime` and `env` is `***`.
 */
export function maskedEntry(server: ServerConfig): MaskedEntry {
  const { id, written } = server;
  const shown: Partial<Record<keyof ServerConfig, unknown>> = { ...server, ...written };
  // What nobody wrote has its references resolved: a secret may look like one.
  const hide = written ? hideText : () => mask;
  const { type } = (shown.runtime ?? {}) as { type?: unknown };
  return {
    display_name: textOf(shown.display_name) || id,
    description: textOf(shown.description),
    tags: Array.isArray(shown.tags) ? shown.tags.map(textOf) : [],
    type: textOf(type) || server.runtime.type,
    runtime: masked(shown.runtime, hide, false),
    env: masked((written ? written.env : server.env) ?? {}, hide, true),
  };
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
