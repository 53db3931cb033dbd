import { hash, timingSafeEqual } from "node:crypto";

export type CredentialVerdict = "valid" | "missing" | "wrong";

/**
 * Checks the key of a request: `Authorization: Bearer K`, else `X-API-Key: K`. Other schemes count as no key. The time
 * it takes tells nothing about the key.
 */
export function credentialCheck(
  apiKey: string,
): (authorization: string | undefined, apiKeyHeader: string | undefined) => CredentialVerdict {
  const expected = digest(apiKey);
  return (authorization, apiKeyHeader) => {
    const given = bearerOf(authorization) ?? apiKeyHeader;
    if (given === undefined || given === "") return "missing";
    return timingSafeEqual(digest(given), expected) ? "valid" : "wrong";
  };
}

function bearerOf(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  const [scheme, token] = authorization.split(/ +(.*)/s, 2);
  return scheme?.toLowerCase() === "bearer" ? token : undefined;
}

/** Digests have one length, whatever the key's. */
function digest(key: string): Buffer {
  return hash("sha256", key, "buffer");
}
