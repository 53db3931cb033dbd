/** How clients reach the gateway. */
export const fronts: readonly ("http" | "sse" | "stdio")[] = ["http", "sse", "stdio"];
/** All servers at `/mcp`, or one at `/servers/ID/mcp`; over the other fronts the same in their words. */
export const endpoints = ["all", "one"] as const;
/** One instance of a server for all clients, or one for each session. */
export const scopes = ["shared", "session"] as const;

/** Where a feature is looked at. */
export interface Place {
  readonly front: (typeof fronts)[number];
  readonly endpoint: (typeof endpoints)[number];
  readonly scope: (typeof scopes)[number];
}

export const places: readonly Place[] = fronts.flatMap((front) =>
  scopes.flatMap((scope) => endpoints.map((endpoint) => ({ front, endpoint, scope }))),
);

export function placeName({ front, endpoint, scope }: Place): string {
  return `${front}, ${endpoint}, ${scope}`;
}
