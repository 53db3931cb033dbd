/** Revisions of MCP's legacy era that the gateway speaks, newest first. */
export const protocolVersions = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"] as const;

export const latestProtocolVersion = protocolVersions[0];

/** Whether this names a revision of the legacy era that the gateway speaks. */
export function isSupportedVersion(version: unknown): version is string {
  return (protocolVersions as readonly unknown[]).includes(version);
}

/** What to answer a client that asks for `version` (MCP lifecycle: the same if supported, else our latest). */
export function negotiateVersion(version: unknown): string {
  return isSupportedVersion(version) ? version : latestProtocolVersion;
}
