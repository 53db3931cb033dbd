import { registerClient } from "@modelcontextprotocol/client";
import { OmgError } from "@omg/core/runtime";
import { failure } from "@omg/upstream-http";
import { authFailure } from "./auth-failures.ts";
import type { OAuthOptions } from "./auth-options.ts";
import type { CredentialStore, KnownClient } from "./credential-store.ts";
import type { AuthorizationServer } from "./discovery.ts";
import type { Fetch } from "./guarded-fetch.ts";

export interface KnownClientOptions {
  readonly auth: OAuthOptions;
  readonly credentials: CredentialStore;
  readonly redirectUri: string;
  readonly scope: string | undefined;
  readonly fetch: Fetch;
}

/**
 * Who the gateway is to an authorization server: the client of the entry, else its metadata document, else the client that
 * it registered before, else one that it registers now. Rejects with an `OmgError`.
 */
export async function knownClient(
  server: AuthorizationServer,
  { auth, credentials, redirectUri, scope, fetch }: KnownClientOptions,
): Promise<KnownClient> {
  const { issuer, metadata } = server;
  const { client_id, client_secret, client_metadata_url } = auth;
  if (client_id !== undefined) return { client_id, client_secret };
  const takesDocuments =
    (metadata as { client_id_metadata_document_supported?: unknown })
      .client_id_metadata_document_supported === true;
  if (client_metadata_url !== undefined && takesDocuments) return { client_id: client_metadata_url };
  const known = await credentials.get("registration");
  if (known?.issuer === metadata.issuer && known.redirectUri === redirectUri) return known.client;
  if (metadata.registration_endpoint === undefined) {
    const fix = "register a client there by hand and put its client_id into the entry's auth";
    throw failure("upstream_auth_required", issuer, `lets nobody register by itself; ${fix}`);
  }
  const { client_id: id, ...given } = await register(server, redirectUri, scope, fetch);
  const client: KnownClient = {
    client_id: id,
    client_secret: given.client_secret,
    token_endpoint_auth_method: given.token_endpoint_auth_method,
  };
  await credentials.set("registration", { issuer: metadata.issuer, client, redirectUri });
  return client;
}

async function register(
  { issuer, metadata }: AuthorizationServer,
  redirectUri: string,
  scope: string | undefined,
  fetch: Fetch,
) {
  const methods = metadata.token_endpoint_auth_methods_supported ?? [];
  const method = ["none", "client_secret_basic", "client_secret_post"].find((name) => methods.includes(name));
  const clientMetadata = {
    client_name: "Open MCP Gateway",
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    token_endpoint_auth_method: method ?? "none",
    application_type: "native",
  };
  try {
    return await registerClient(issuer, {
      metadata,
      clientMetadata,
      ...(scope === undefined ? {} : { scope }),
      fetchFn: fetch,
    });
  } catch (error) {
    if (OmgError.is(error)) throw authFailure(issuer, "does not register the gateway", error);
    const fix = "register a client there by hand and put its client_id into the entry's auth";
    throw failure("upstream_auth_required", issuer, `refuses to register the gateway; ${fix}`);
  }
}
