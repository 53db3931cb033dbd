import { expect, test } from "vitest";
import { Pins } from "../src/pins/pins.ts";
import type { PooledServer } from "../src/pool/server.ts";
import { type Caching, cachingOf } from "../src/router/caching.ts";
import { Catalog } from "../src/router/catalog.ts";
import type { Listing } from "../src/router/listing.ts";
import type { ListingMemory } from "../src/router/listing-memory.ts";
import { fakeEntry } from "./support/gateway.ts";

const listing = (caching?: Caching, capabilities: object = { tools: {} }): Listing => ({
  tools: [],
  prompts: [],
  resources: [],
  resourceTemplates: [],
  introduction: { capabilities: { ...capabilities } },
  caching: caching && { tools: caching, prompts: caching, resources: caching, resourceTemplates: caching },
});

/** For how long and for whom the tools of these servers hold together; `undefined`: what one offers is not known. */
function together(...listings: (Listing | undefined)[]): Caching {
  const servers = listings.map((_, index) => {
    const id = `s${index}`;
    return { id, state: "ready", config: fakeEntry(id) } as PooledServer;
  });
  const memory = {
    get: (server: PooledServer) => listings[servers.indexOf(server)],
    hasOwn: () => false,
  } as unknown as ListingMemory;
  const catalog = new Catalog(memory, new Pins(() => {}), () => {});
  catalog.replace(servers);
  return catalog.list("tools", "").caching;
}

test("a merged list holds as long and for as many as the strictest of its servers says", () => {
  const one: Caching = { ttlMs: 500, cacheScope: "public" };
  const two: Caching = { ttlMs: 300, cacheScope: "public" };
  const own: Caching = { ttlMs: 900, cacheScope: "private" };
  const none = cachingOf({});
  expect(together(listing(one), listing(two))).toEqual({ ttlMs: 300, cacheScope: "public" });
  expect(together(listing(one), listing(own))).toEqual({ ttlMs: 500, cacheScope: "private" });
  expect(together(listing(one), listing(undefined))).toEqual(none);
  expect(together(listing(one), undefined)).toEqual(none);
  expect(together(listing(one), listing(undefined, { prompts: {} }))).toEqual(one);
  expect(together()).toEqual(none);
});
