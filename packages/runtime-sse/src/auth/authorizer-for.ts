import type { StartRequest } from "@omg/core/runtime";
import type { Authorizer } from "@omg/upstream-http";
import type { Dispatcher } from "undici";
import type { RemoteOptions } from "../options.ts";
import { CredentialStore } from "./credential-store.ts";
import { GrantAuthorizer, type Renewals } from "./grant-authorizer.ts";
import { guardedFetch } from "./guarded-fetch.ts";
import { headerAuthorizer } from "./header-authorizer.ts";

export type { Renewals };

export interface AuthorizerParts {
  /** The one way out (`outbound`). */
  readonly dispatcher: Dispatcher;
  readonly renewals: Renewals;
}

/** Where the credentials of a server come from, as its entry says. */
export function authorizerFor(request: StartRequest<RemoteOptions>, parts: AuthorizerParts): Authorizer {
  const { options, server, store } = request;
  const { auth, allow_private_network: allowPrivate } = options;
  const url = new URL(options.url);
  if (!auth) return headerAuthorizer(url, server);
  const { dispatcher, renewals } = parts;
  const credentials = new CredentialStore({ store, server, url, auth });
  const fetch = guardedFetch({ dispatcher, allowPrivate });
  return new GrantAuthorizer({ url, server, auth, credentials, fetch, renewals });
}
