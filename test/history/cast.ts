/** A server of the history: what it is like, and whether a reload may take it away. */
export interface ServerRole {
  readonly era: "legacy" | "modern";
  readonly scope: "shared" | "session";
  readonly mayGo: boolean;
}

export type ServerId = "plain" | "modern" | "own" | "guest" | "lodger";

export const servers: Readonly<Record<ServerId, ServerRole>> = {
  plain: { era: "legacy", scope: "shared", mayGo: false },
  modern: { era: "modern", scope: "shared", mayGo: false },
  own: { era: "legacy", scope: "session", mayGo: false },
  guest: { era: "legacy", scope: "shared", mayGo: true },
  lodger: { era: "modern", scope: "shared", mayGo: true },
};

export const serverIds = Object.keys(servers) as ServerId[];

/** How a client talks: sessions over HTTP (with answers in JSON alone, or also in event streams), single requests, lines. */
export type Front = "legacy" | "legacy-json" | "modern" | "lines";

/** Where a client sits; when one leaves, another takes its seat. Without a server it talks to all. */
export interface Seat {
  readonly front: Front;
  readonly server?: ServerId;
}

export const clientSeats: readonly Seat[] = [
  { front: "legacy" },
  { front: "legacy" },
  { front: "legacy-json" },
  { front: "legacy", server: "plain" },
  { front: "legacy", server: "own" },
  { front: "modern" },
  { front: "modern" },
  { front: "modern", server: "modern" },
  { front: "modern", server: "plain" },
  { front: "lines" },
  { front: "lines" },
  { front: "lines", server: "plain" },
  { front: "lines", server: "own" },
];
