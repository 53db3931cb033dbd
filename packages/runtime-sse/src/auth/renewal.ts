import { failure } from "@omg/upstream-http";
import { authFailure, codeOf, loginRequired } from "./auth-failures.ts";
import type { AuthOptions } from "./auth-options.ts";
import type { CredentialStore, Grant } from "./credential-store.ts";
import { type AuthorizationServer, type Challenge, discover } from "./discovery.ts";
import { clientCredentialsGrant, refreshGrant, scopeUnion } from "./grants.ts";
import type { Fetch } from "./guarded-fetch.ts";

export interface RenewalParts {
  readonly url: URL;
  readonly server: string;
  readonly auth: AuthOptions;
  readonly credentials: CredentialStore;
  readonly fetch: Fetch;
}

/**
 * Another grant than the one whose token was `refused`: what somebody else has stored meanwhile, or a new one. Rejects with
 * an `OmgError`, which says to log in when only that helps.
 */
export async function renew(
  parts: RenewalParts,
  challenge: Challenge,
  refused: string | undefined,
): Promise<Grant> {
  const { url, auth, credentials, fetch } = parts;
  const stored = await credentials.get("grant");
  if (stored && stored.accessToken !== refused) return stored;
  const server = await discover(url, challenge, fetch, auth.issuer);
  if (auth.type === "oauth") return refresh(parts, server, stored);
  if (stored && stored.issuer !== server.metadata.issuer) {
    const what =
      "has another authorization server than before; if that is meant, omg logout forgets the old one";
    throw failure("upstream_auth_required", url, what, { server: parts.server, executed: "no" });
  }
  const held = challenge.error === "insufficient_scope" ? stored?.scope : undefined;
  const asked = scopeUnion(auth.scopes?.join(" "), challenge.scope, held) ?? server.scopes?.join(" ");
  const grant = await clientCredentialsGrant(server, auth, asked, fetch);
  await credentials.set("grant", grant);
  return grant;
}

async function refresh(
  { url, server: id, auth, credentials, fetch }: RenewalParts,
  server: AuthorizationServer,
  stored: Grant | undefined,
): Promise<Grant> {
  if (stored?.refreshToken === undefined) throw loginRequired(url, id, "wants a login");
  if (stored.issuer !== server.metadata.issuer) {
    // Tokens of one must never be shown to another.
    await credentials.forget();
    throw loginRequired(url, id, "has another authorization server than at the login");
  }
  const { client_id, client_secret } = auth as Extract<AuthOptions, { type: "oauth" }>;
  const client = client_id === undefined ? stored.client : { client_id, client_secret };
  try {
    const grant = await refreshGrant(server, { ...stored, client, refreshToken: stored.refreshToken }, fetch);
    await credentials.set("grant", grant);
    return grant;
  } catch (error) {
    if (!isFinal(codeOf(error))) throw authFailure(server.issuer, "does not renew the login", error);
    // A refresh token counts once: another process may have used it before us.
    const now = await credentials.get("grant");
    if (now && now.accessToken !== stored.accessToken) return now;
    await credentials.delete("grant");
    throw loginRequired(url, id, "wants a login: the last one has ended");
  }
}

function isFinal(code: string | undefined): boolean {
  return code === "invalid_grant" || code === "invalid_client" || code === "unauthorized_client";
}
