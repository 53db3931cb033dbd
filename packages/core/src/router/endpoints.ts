import type { Clock } from "../clock.ts";
import { AggregateEndpoint } from "./aggregate.ts";
import type { Catalog } from "./catalog.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Subscriptions } from "./subscriptions.ts";
import { TransparentEndpoint } from "./transparent.ts";

export interface EndpointsOptions {
  readonly catalog: Catalog;
  readonly subscriptions: Subscriptions;
  readonly clock: Clock;
}

/** What a session talks to: one server, or all if none is named. Throws `server_unknown`. */
export function endpointOf(
  { catalog, subscriptions, clock }: EndpointsOptions,
  session: string,
  server: string | undefined,
): Endpoint {
  const parts = { catalog, subscriptions, session };
  if (server === undefined) return new AggregateEndpoint({ ...parts, clock });
  catalog.mustFind(server);
  return new TransparentEndpoint({ ...parts, server });
}
