import {
  type AuthorizationServerMetadata,
  checkResourceAllowed,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  extractWWWAuthenticateParams,
  resourceUrlFromServerUrl,
} from "@modelcontextprotocol/client";
import { OmgError } from "@omg/core/runtime";
import { failure, type Headers } from "@omg/upstream-http";
import { authFailure } from "./auth-failures.ts";
import type { Fetch } from "./guarded-fetch.ts";

/** What a server says when a credential is missing or not enough. */
export interface Challenge {
  readonly resourceMetadata?: URL | undefined;
  readonly scope?: string | undefined;
  readonly error?: string | undefined;
}

/** Who hands out credentials for a server. */
export interface AuthorizationServer {
  readonly issuer: URL;
  readonly metadata: AuthorizationServerMetadata;
  /** What tokens are for (RFC 8707). */
  readonly resource: string;
  /** Scopes that the server names. */
  readonly scopes: readonly string[] | undefined;
}

/** The `WWW-Authenticate` of an answer, as far as it is about tokens. */
export function challengeOf(headers: Headers): Challenge {
  const said = [headers["www-authenticate"] ?? []].flat().join(", ");
  const start = said.search(/\bbearer\b/i);
  if (start < 0) return {};
  const response = new Response(null, { headers: { "www-authenticate": said.slice(start) } });
  const { resourceMetadataUrl, scope, error } = extractWWWAuthenticateParams(response);
  return { resourceMetadata: resourceMetadataUrl, scope, error };
}

/** Finds out who hands out credentials for a server (RFC 9728, RFC 8414, OpenID Connect). Rejects with an `OmgError`. */
export async function discover(
  url: URL,
  challenge: Challenge,
  fetch: Fetch,
  expected?: string,
): Promise<AuthorizationServer> {
  const resource = await protectedResource(url, challenge, fetch);
  // A server of before RFC 9728 is its own authorization server.
  const named = resource?.authorization_servers?.[0] ?? new URL("/", url).href;
  if (!URL.canParse(named))
    throw failure("upstream_protocol_error", url, "names an authorization server that has no address");
  // Otherwise the server would decide who gets to see the secret of a client.
  if (expected !== undefined && !isSame(named, expected)) {
    const what = `names another authorization server (${new URL(named).origin}) than its entry (issuer)`;
    throw failure("upstream_auth_required", url, what, { executed: "no" });
  }
  const issuer = new URL(named);
  const metadata = await metadataOf(named, issuer, fetch);
  return {
    issuer: new URL(metadata.issuer),
    metadata,
    resource: resource?.resource ?? resourceUrlFromServerUrl(url).href,
    scopes: resource?.scopes_supported,
  };
}

function isSame(one: string, other: string): boolean {
  return one.replace(/\/$/, "") === other.replace(/\/$/, "");
}

async function protectedResource(url: URL, { resourceMetadata }: Challenge, fetch: Fetch) {
  if (resourceMetadata && resourceMetadata.origin !== url.origin) {
    const where = resourceMetadata.origin;
    throw failure(
      "upstream_protocol_error",
      url,
      `wants its metadata fetched from ${where}, which is refused`,
    );
  }
  const found = await discoverOAuthProtectedResourceMetadata(
    url,
    resourceMetadata ? { resourceMetadataUrl: resourceMetadata } : {},
    fetch,
  ).catch((error: unknown) => {
    if (OmgError.is(error)) throw authFailure(url, "can not be asked who hands out its credentials", error);
    return undefined;
  });
  if (!found) return undefined;
  const requestedResource = resourceUrlFromServerUrl(url);
  if (!checkResourceAllowed({ requestedResource, configuredResource: found.resource }))
    throw failure("upstream_protocol_error", url, "says that its credentials are for another server");
  return found;
}

async function metadataOf(named: string, issuer: URL, fetch: Fetch): Promise<AuthorizationServerMetadata> {
  const found = await discoverAuthorizationServerMetadata(named, { fetchFn: fetch }).catch(
    (error: unknown): never => {
      if (error instanceof Error && error.name === "IssuerMismatchError")
        throw failure("upstream_protocol_error", issuer, "says that it is another authorization server");
      throw authFailure(issuer, "does not say how it hands out credentials", error);
    },
  );
  if (found) return found;
  throw failure("upstream_auth_required", issuer, "offers no login by OAuth; put a credential into headers", {
    executed: "no",
  });
}
