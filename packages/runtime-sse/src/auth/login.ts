import { randomBytes } from "node:crypto";
import { startAuthorization, validateAuthorizationResponseIssuer } from "@modelcontextprotocol/client";
import { OmgError } from "@omg/core/runtime";
import { failure } from "@omg/upstream-http";
import { authFailure } from "./auth-failures.ts";
import type { OAuthOptions } from "./auth-options.ts";
import { type CallbackListener, listenForCallback } from "./callback-listener.ts";
import type { CredentialStore, Grant } from "./credential-store.ts";
import type { AuthorizationServer, Challenge } from "./discovery.ts";
import { exchangeCode, scopeUnion } from "./grants.ts";
import { type Fetch, isSafe } from "./guarded-fetch.ts";
import { knownClient } from "./known-client.ts";

export interface LoginParts {
  readonly auth: OAuthOptions;
  readonly credentials: CredentialStore;
  readonly fetch: Fetch;
  readonly allowPrivate: boolean;
  readonly signal: AbortSignal;
  /** Has a person visit an address. */
  visit(url: string): void;
}

/** Logs a person in with the authorization code grant and PKCE (S256). Rejects with an `OmgError`. */
export async function loginByBrowser(
  server: AuthorizationServer,
  challenge: Challenge,
  parts: LoginParts,
): Promise<Grant> {
  const { auth, credentials, fetch, signal } = parts;
  mustBeUsable(server, parts.allowPrivate);
  const state = randomBytes(32).toString("base64url");
  await using listener = await openListener(auth, credentials, state);
  const { redirectUri } = listener;
  const scope = await scopeFor(server, challenge, parts);
  const client = await knownClient(server, { auth, credentials, redirectUri, scope, fetch });
  const { authorizationUrl, codeVerifier } = await startAuthorization(server.issuer, {
    metadata: server.metadata,
    clientInformation: { client_id: client.client_id },
    redirectUrl: redirectUri,
    state,
    resource: server.resource,
    ...(scope === undefined ? {} : { scope }),
  }).catch((error: unknown): never => {
    throw authFailure(server.issuer, "can not be used for a login", error);
  });
  parts.visit(authorizationUrl.href);
  const { parameters, reply } = await listener.callback(signal);
  try {
    const code = codeOf(server, parameters);
    const grant = await exchangeCode(server, { client, code, codeVerifier, redirectUri, scope }, fetch);
    await credentials.set("grant", grant);
    await credentials.delete("step-up");
    await reply(true);
    return grant;
  } catch (error) {
    await reply(false);
    throw error;
  }
}

/** What a person is sent to must be a page of the web, and the server must know PKCE. */
function mustBeUsable({ issuer, metadata }: AuthorizationServer, allowPrivate: boolean): void {
  const { authorization_endpoint, code_challenge_methods_supported = [] } = metadata;
  const page = URL.canParse(authorization_endpoint) ? new URL(authorization_endpoint) : undefined;
  if (!page || !isSafe(page, allowPrivate) || page.username !== "" || page.password !== "") {
    const what = "wants people to log in at an address that is refused: only https is safe";
    throw failure("upstream_protocol_error", issuer, what, { detail: "address_refused" });
  }
  if (!code_challenge_methods_supported.includes("S256"))
    throw failure("upstream_auth_required", issuer, "does not protect logins with PKCE (S256)");
}

/** The port of the last login is the one that the registered client may use. */
async function openListener(
  { redirect_port }: OAuthOptions,
  credentials: CredentialStore,
  state: string,
): Promise<CallbackListener> {
  if (redirect_port !== undefined) return listenForCallback({ state, port: redirect_port });
  const last = (await credentials.get("registration"))?.redirectUri;
  if (last === undefined) return listenForCallback({ state });
  return listenForCallback({ state, port: Number(new URL(last).port) }).catch(() =>
    listenForCallback({ state }),
  );
}

/** What the server asks for comes first; a step up keeps what was granted before. */
async function scopeFor(
  server: AuthorizationServer,
  challenge: Challenge,
  { auth, credentials }: LoginParts,
): Promise<string | undefined> {
  const stepUp = await credentials.get("step-up");
  const held = stepUp === undefined ? undefined : (await credentials.get("grant"))?.scope;
  const asked =
    scopeUnion(auth.scopes?.join(" "), challenge.scope, held, stepUp) ?? scopeUnion(server.scopes?.join(" "));
  const offersRefresh = server.metadata.scopes_supported?.includes("offline_access") === true;
  return asked !== undefined && offersRefresh ? scopeUnion(asked, "offline_access") : asked;
}

function codeOf({ issuer, metadata }: AuthorizationServer, parameters: URLSearchParams): string {
  try {
    validateAuthorizationResponseIssuer({
      iss: parameters.get("iss") ?? undefined,
      expectedIssuer: metadata.issuer,
      issParameterSupported: metadata.authorization_response_iss_parameter_supported === true,
    });
  } catch {
    const what = "did not send the answer that the browser brought, or does not say so (iss): it is refused";
    throw failure("upstream_protocol_error", issuer, what);
  }
  const code = parameters.get("code");
  if (code !== null) return code;
  const error = parameters.get("error") ?? "";
  const word = /^[a-z_]{1,40}$/.test(error) ? error : "no reason";
  throw new OmgError("upstream_auth_required", {
    message: `The login was refused by ${issuer.origin}: it said ${word}`,
    detail: word === error ? error : undefined,
  });
}
