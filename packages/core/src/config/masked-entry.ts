import { hideText, isSecretKey, mask, maskItem, maskKey } from "./sensitive.ts";
import type { ServerConfig } from "./types.ts";

const secretMaps = new Set(["env", "headers"]);

/**
 * A server's `runtime` and `env` as they may be shown to people: as written, where that is known. What is or looks secret
 * is `***`; references to variables and files stay, their defaults do not.
 */
export function maskedEntry({ runtime, env = {}, written }: ServerConfig): {
  runtime: unknown;
  env: unknown;
} {
  const shown = written ?? { runtime, env };
  // What nobody wrote has its references resolved: a secret may look like one.
  const hide = written ? hideText : () => mask;
  return { runtime: masked(shown.runtime, hide, false), env: masked(shown.env ?? {}, hide, true) };
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
