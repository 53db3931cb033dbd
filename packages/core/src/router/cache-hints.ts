/** How long and for whom a result may be kept (MCP 2026-07-28, caching). */
export interface CacheHints {
  readonly ttlMs: number;
  readonly cacheScope: "public" | "private";
}

/** Of a result that says nothing of it. */
export const noCaching: CacheHints = { ttlMs: 0, cacheScope: "private" };

/** What a result says, as far as it is what MCP asks for. */
export function hintsOf({ ttlMs, cacheScope }: Readonly<Record<string, unknown>>): CacheHints {
  return {
    ttlMs: typeof ttlMs === "number" && ttlMs > 0 ? ttlMs : 0,
    cacheScope: cacheScope === "public" ? "public" : "private",
  };
}

/** What holds for several results together: the shortest time, and the fewest people. */
export function strictest(hints: readonly CacheHints[]): CacheHints {
  if (hints.length === 0) return noCaching;
  return {
    ttlMs: Math.min(...hints.map(({ ttlMs }) => ttlMs)),
    cacheScope: hints.every(({ cacheScope }) => cacheScope === "public") ? "public" : "private",
  };
}
