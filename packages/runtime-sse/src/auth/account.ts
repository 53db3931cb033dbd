import { type LoginRequest, OmgError } from "@omg/core/runtime";
import { failure, HttpClient, letGo } from "@omg/upstream-http";
import type { Dispatcher } from "undici";
import { advice } from "../advice.ts";
import type { RemoteOptions } from "../options.ts";
import { CredentialStore } from "./credential-store.ts";
import { type Challenge, challengeOf, discover } from "./discovery.ts";
import { clientCredentialsGrant, revokeGrant, scopeUnion } from "./grants.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { loginByBrowser } from "./login.ts";

/** Obtains and stores the credentials of a server. Rejects with an `OmgError`. */
export async function login(request: LoginRequest<RemoteOptions>, dispatcher: Dispatcher): Promise<void> {
  const { options, server, signal } = request;
  const { auth, allow_private_network: allowPrivate } = options;
  const url = new URL(options.url);
  if (!auth) {
    const message = `Server '${server}' has no login: give its entry auth: { type: oauth }`;
    throw new OmgError("bad_params", { server, message });
  }
  const credentials = new CredentialStore({ store: request.store, server, url, auth });
  const fetch = guardedFetch({ dispatcher, allowPrivate, signal });
  const challenge = await askForChallenge(url, options, { dispatcher, signal });
  const authorizationServer = await discover(url, challenge, fetch, auth.issuer);
  if (auth.type === "client_credentials") {
    const asked = scopeUnion(auth.scopes?.join(" "), challenge.scope);
    const scope = asked ?? scopeUnion(authorizationServer.scopes?.join(" "));
    await credentials.set("grant", await clientCredentialsGrant(authorizationServer, auth, scope, fetch));
    return;
  }
  const visit = (address: string) => request.visit(address);
  await loginByBrowser(authorizationServer, challenge, {
    auth,
    credentials,
    fetch,
    allowPrivate,
    signal,
    visit,
  });
}

/** Forgets the credentials of a server, and has them taken back where that is offered. Rejects with an `OmgError`. */
export async function logout(request: LoginRequest<RemoteOptions>, dispatcher: Dispatcher): Promise<void> {
  const { options, server, store, signal } = request;
  const { auth, allow_private_network: allowPrivate } = options;
  const url = new URL(options.url);
  const credentials = new CredentialStore({ store, server, url, auth });
  const grant = await credentials.get("grant");
  await credentials.forget();
  if (!grant) return request.progress("there was no login");
  const fetch = guardedFetch({ dispatcher, allowPrivate, signal });
  try {
    const authorizationServer = await discover(url, {}, fetch);
    const isSame = authorizationServer.metadata.issuer === grant.issuer;
    const revoked = isSame && (await revokeGrant(authorizationServer, grant, fetch));
    request.progress(revoked ? "its tokens are revoked" : "its tokens end by themselves");
  } catch (error) {
    if (signal.aborted) throw error;
    request.progress("its tokens end by themselves: nobody could be asked to revoke them");
  }
}

interface Way {
  readonly dispatcher: Dispatcher;
  readonly signal: AbortSignal;
}

/** Asks the server for something harmless without a credential, to hear what credential it wants. */
async function askForChallenge(url: URL, options: RemoteOptions, way: Way): Promise<Challenge> {
  const { dispatcher, signal } = way;
  const client = new HttpClient({
    dispatcher,
    headers: options.headers,
    responseMs: options.response_timeout_seconds * 1000,
    silenceMs: options.silence_timeout_seconds * 1000,
    advice,
  });
  const ping = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" });
  const request =
    options.transport === "sse"
      ? { method: "GET" as const, headers: { accept: "text/event-stream" } }
      : {
          method: "POST" as const,
          headers: { accept: "application/json, text/event-stream", "content-type": "application/json" },
          body: ping,
        };
  const response = await client.request(url, { ...request, signal });
  letGo(response);
  const { status, headers } = response;
  if (status >= 500)
    throw failure("upstream_closed", url, `answered ${status} when it was asked what login it wants`);
  return status === 401 ? challengeOf(headers) : {};
}
