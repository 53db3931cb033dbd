import type { Params } from "../runtime/transport.ts";

/** How long an answer may be kept, and for whom (MCP 2026-07-28, caching). */
export interface Caching {
  readonly ttlMs: number;
  readonly cacheScope: "public" | "private";
}

/** What a result says of itself; what it does not say is taken at its narrowest. */
export function cachingOf({ ttlMs, cacheScope }: Params): Caching {
  return {
    ttlMs: typeof ttlMs === "number" && ttlMs > 0 ? ttlMs : 0,
    cacheScope: cacheScope === "public" ? "public" : "private",
  };
}

/** What holds for several results together: the shortest time, and the fewest readers. */
export function narrowest(all: readonly Caching[]): Caching {
  return {
    ttlMs: Math.min(...all.map(({ ttlMs }) => ttlMs)),
    cacheScope: all.every(({ cacheScope }) => cacheScope === "public") ? "public" : "private",
  };
}
