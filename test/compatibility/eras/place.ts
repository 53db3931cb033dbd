const eras = ["legacy", "modern"] as const;
const endpoints = ["all", "one"] as const;
/** A server behind a URL differs for clients over HTTP: both sides have headers, and streams that can be closed. */
const ways = [
  { front: "http", carrier: "child" },
  { front: "http", carrier: "remote" },
  { front: "stdio", carrier: "child" },
] as const;

/** Legacy: up to 2025-11-25, with a session. Modern: 2026-07-28, without one. */
export type Era = (typeof eras)[number];

/** Where a feature is looked at. */
export interface EraPlace {
  /** What the client speaks. */
  readonly client: Era;
  /** What the server speaks. */
  readonly server: Era;
  /** How the client reaches the gateway. */
  readonly front: "http" | "stdio";
  /** All servers at `/mcp`, or one at `/servers/ID/mcp`; over stdio without and with `--server`. */
  readonly endpoint: (typeof endpoints)[number];
  /** How the gateway reaches the server: as a child process, or over HTTP. */
  readonly carrier: "child" | "remote";
}

/** What lies between a client and a server of some eras. */
export function placesOf(client: Era, server: Era): EraPlace[] {
  return ways.flatMap((way) => endpoints.map((endpoint) => ({ client, server, endpoint, ...way })));
}

export const eraPlaces: readonly EraPlace[] = eras.flatMap((server) =>
  eras.flatMap((client) => placesOf(client, server)),
);

export function eraPlaceName({ client, server, front, endpoint, carrier }: EraPlace): string {
  return `${client} to ${server}, ${front}, ${endpoint}, ${carrier}`;
}
