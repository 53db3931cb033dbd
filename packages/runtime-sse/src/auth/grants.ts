import {
  ClientCredentialsProvider,
  exchangeAuthorization,
  fetchToken,
  type OAuthTokens,
  refreshAuthorization,
} from "@modelcontextprotocol/client";
import { failure } from "@omg/upstream-http";
import { authFailure } from "./auth-failures.ts";
import type { ClientCredentialsOptions } from "./auth-options.ts";
import type { Grant, KnownClient } from "./credential-store.ts";
import type { AuthorizationServer } from "./discovery.ts";
import type { Fetch } from "./guarded-fetch.ts";

export interface CodeExchange {
  readonly client: KnownClient;
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string;
  readonly scope: string | undefined;
}

/** A token for the code that the browser brought back. Rejects with an `OmgError`. */
export async function exchangeCode(
  server: AuthorizationServer,
  { client, code, codeVerifier, redirectUri, scope }: CodeExchange,
  fetch: Fetch,
): Promise<Grant> {
  const tokens = await exchangeAuthorization(server.issuer, {
    metadata: server.metadata,
    clientInformation: informationOf(client),
    authorizationCode: code,
    codeVerifier,
    redirectUri,
    resource: server.resource,
    fetchFn: fetch,
    // It has been checked with the answer that brought the code.
    iss: server.metadata.issuer,
  }).catch((error: unknown): never => {
    throw authFailure(server.issuer, "does not give a token for the login", error);
  });
  return grantOf(server, client, tokens, scope);
}

/** A new token for an old one. Rejects with an `OAuthError` of the SDK, or an `OmgError`. */
export async function refreshGrant(
  server: AuthorizationServer,
  grant: Grant & { readonly refreshToken: string },
  fetch: Fetch,
): Promise<Grant> {
  const tokens = await refreshAuthorization(server.issuer, {
    metadata: server.metadata,
    clientInformation: informationOf(grant.client),
    refreshToken: grant.refreshToken,
    resource: server.resource,
    fetchFn: fetch,
  });
  return grantOf(server, grant.client, tokens, grant.scope);
}

/** A token for the gateway itself. Rejects with an `OmgError`. */
export async function clientCredentialsGrant(
  server: AuthorizationServer,
  { client_id, client_secret }: ClientCredentialsOptions,
  scope: string | undefined,
  fetch: Fetch,
): Promise<Grant> {
  const provider = new ClientCredentialsProvider({
    clientId: client_id,
    clientSecret: client_secret,
    expectedIssuer: server.metadata.issuer,
    ...(scope === undefined ? {} : { scope }),
  });
  const tokens = await fetchToken(provider, server.issuer, {
    metadata: server.metadata,
    resource: server.resource,
    ...(scope === undefined ? {} : { scope }),
    fetchFn: fetch,
  }).catch((error: unknown): never => {
    throw authFailure(server.issuer, "does not take the credentials of the entry", error);
  });
  return grantOf(server, { client_id }, tokens, scope);
}

/** Has a grant taken back where that is offered (RFC 7009). Gives whether it was. Never rejects. */
export async function revokeGrant(
  server: AuthorizationServer,
  { client, accessToken, refreshToken }: Grant,
  fetch: Fetch,
): Promise<boolean> {
  const { revocation_endpoint } = server.metadata as { revocation_endpoint?: unknown };
  if (typeof revocation_endpoint !== "string" || !URL.canParse(revocation_endpoint)) return false;
  const revoke = async (token: string | undefined, kind: string) => {
    if (token === undefined) return true;
    const form = new URLSearchParams({ token, token_type_hint: kind });
    const headers = new Headers({ "content-type": "application/x-www-form-urlencoded" });
    if (client.client_secret !== undefined && client.token_endpoint_auth_method !== "client_secret_post") {
      headers.set("authorization", `Basic ${btoa(`${client.client_id}:${client.client_secret}`)}`);
    } else {
      form.set("client_id", client.client_id);
      if (client.client_secret !== undefined) form.set("client_secret", client.client_secret);
    }
    return (await fetch(revocation_endpoint, { method: "POST", headers, body: form.toString() })).ok;
  };
  try {
    return (await revoke(refreshToken, "refresh_token")) && (await revoke(accessToken, "access_token"));
  } catch {
    return false;
  }
}

/** Of several lists of scopes, each one once. */
export function scopeUnion(...scopes: readonly (string | undefined)[]): string | undefined {
  const all = new Set(scopes.flatMap((scope) => scope?.split(/\s+/).filter(Boolean) ?? []));
  return all.size === 0 ? undefined : [...all].join(" ");
}

function grantOf(
  { issuer, metadata }: AuthorizationServer,
  client: KnownClient,
  tokens: OAuthTokens,
  scope: string | undefined,
): Grant {
  if (tokens.token_type.toLowerCase() !== "bearer" || !/^[\x21-\x7e]+$/.test(tokens.access_token))
    throw failure("upstream_protocol_error", issuer, "gave a token that can not be used", { executed: "no" });
  const { expires_in } = tokens;
  return {
    issuer: metadata.issuer,
    client,
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token,
    expiresAt: expires_in === undefined ? undefined : Date.now() + expires_in * 1000,
    scope: tokens.scope ?? scope,
  };
}

function informationOf({ client_id, client_secret, token_endpoint_auth_method }: KnownClient) {
  return {
    client_id,
    ...(client_secret === undefined ? {} : { client_secret }),
    ...(token_endpoint_auth_method === undefined ? {} : { token_endpoint_auth_method }),
  };
}
