/**
 * How a side of the gateway speaks MCP. `legacy`: the revisions up to 2025-11-25, with a handshake, a session, and
 * requests in both directions. `modern`: 2026-07-28, where each request stands for itself.
 */
export type Era = "legacy" | "modern";

/** Revisions of the modern era that the gateway speaks, newest first. */
export const modernVersions = ["2026-07-28"] as const;

/** The newest of them. */
export const modernVersion = modernVersions[0];

/** Whether this names a revision of the modern era that the gateway speaks. */
export function isModernVersion(version: unknown): version is string {
  return (modernVersions as readonly unknown[]).includes(version);
}
