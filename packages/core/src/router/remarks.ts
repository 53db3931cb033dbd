import type { ServerConfig } from "../config/types.ts";
import type { GatewayListener } from "../gateway/events.ts";
import { someOf } from "../visible-text.ts";

/** What the owner of a server's entry should know. */
export interface Remark {
  /** Only the first remark of a kind is told. */
  readonly kind: string;
  readonly message: string;
}

/** Of one entry: a server may think of ever new things to be told of. */
const maxKinds = 100;

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
  return [{ kind, message: `${message}: ${someOf(what)}` }];
}
