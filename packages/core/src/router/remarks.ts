import type { ServerConfig } from "../config/types.ts";
import type { GatewayListener } from "../gateway/events.ts";

/** What the owner of a server's entry should know. */
export interface Remark {
  /** Only the first remark of a kind is told. */
  readonly kind: string;
  readonly message: string;
}

/** Of one entry: a server may think of ever new things to be told of. */
const maxKinds = 100;
const maxNames = 5;
const maxNameLength = 60;

/** Tells of each kind of remark once, as long as the entry stays as it is. */
export class Remarks {
  readonly #emit: GatewayListener;
  readonly #told = new WeakMap<ServerConfig, Set<string>>();

  constructor(emit: GatewayListener) {
    this.#emit = emit;
  }

  tell(entry: ServerConfig, remarks: readonly Remark[]): void {
    const told = this.#told.get(entry) ?? new Set();
    this.#told.set(entry, told);
    for (const { kind, message } of remarks) {
      if (told.has(kind) || told.size >= maxKinds) continue;
      told.add(kind);
      this.#emit({ type: "server-warning", server: entry.id, message });
    }
  }
}

/** A remark that ends in what it is about, five of it at most; none if that is nothing. */
export function remarkOn(kind: string, message: string, what: readonly string[]): Remark[] {
  if (what.length === 0) return [];
  const more = what.length > maxNames ? ` and ${what.length - maxNames} more` : "";
  return [{ kind, message: `${message}: ${what.slice(0, maxNames).join(", ")}${more}` }];
}

/** A name that anybody may have made up, as messages quote it: all of it can be seen. */
export function quoted(name: string): string {
  const visible = name.replace(
    /[\p{Default_Ignorable_Code_Point}\p{Cc}]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return visible.length > maxNameLength ? `'${visible.slice(0, maxNameLength)}…'` : `'${visible}'`;
}
