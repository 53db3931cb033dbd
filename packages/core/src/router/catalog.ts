import { createHash } from "node:crypto";
import type { GatewayListener } from "../gateway/events.ts";
import type { Pins } from "../pins/pins.ts";
import type { PooledServer } from "../pool/server.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import { Addresses } from "./addresses.ts";
import { type Caching, cachingOf, narrowest } from "./caching.ts";
import { type Listing, type ListKind, listKinds } from "./listing.ts";
import type { ListingMemory } from "./listing-memory.ts";
import { idRemarks } from "./name-remarks.ts";
import { type Page, type PlacedItem, pageOf } from "./pages.ts";
import { Remarks } from "./remarks.ts";
import { rewriteShownBy, type ServerView, viewServer, withKey } from "./server-view.ts";
import { serverSlugs, slugOf } from "./wire-names.ts";

/** A list of everything that all servers offer of one kind, in the order of the catalog. */
export interface MergedList {
  readonly items: readonly PlacedItem[];
  /** The first page, kept ready: nearly always it is all. */
  readonly first: Page;
  /** Equal for equal lists. */
  readonly digest: string;
  /** How long and for whom it may be kept. */
  readonly caching: Caching;
}

/** Where a wire name leads. */
export interface Route {
  readonly server: PooledServer;
  /** The server's own name. */
  readonly name: string;
}

/** All servers of the configuration, and what they offer together. */
export class Catalog {
  readonly #memory: ListingMemory;
  readonly #emit: GatewayListener;
  readonly #pins: Pins;
  #servers: readonly PooledServer[] = [];
  #byId: ReadonlyMap<string, PooledServer> = new Map();
  #slugs: ReadonlyMap<string, string> = new Map();
  #bySlug: ReadonlyMap<string, PooledServer> = new Map();
  #views = new WeakMap<Listing, ServerView>();
  /** What is made of the listings, by session, or under "" for all that see the same: kept until something changes. */
  readonly #made = new Map<string, Made>();
  readonly #warned = new Set<string>();
  readonly #remarks: Remarks;

  constructor(memory: ListingMemory, pins: Pins, emit: GatewayListener) {
    this.#memory = memory;
    this.#pins = pins;
    this.#emit = emit;
    this.#remarks = new Remarks(emit);
  }

  /** In the order of the configuration. */
  get servers(): readonly PooledServer[] {
    return this.#servers;
  }

  /** Puts these servers in the place of all that were there. */
  replace(servers: readonly PooledServer[]): void {
    this.#servers = servers;
    this.#byId = new Map(servers.map((server) => [server.id, server]));
    const slugs = serverSlugs([...this.#byId.keys()]);
    this.#slugs = slugs;
    this.#bySlug = new Map(servers.map((server) => [slugs.get(server.id) as string, server]));
    // A server's slug depends on the others.
    this.#views = new WeakMap();
    this.#warned.clear();
    for (const [id, remark] of idRemarks(slugs)) this.#remarks.tell(this.mustFind(id).config, [remark]);
    this.changed();
  }

  get(id: string): PooledServer | undefined {
    return this.#byId.get(id);
  }

  mustFind(id: string): PooledServer {
    const server = this.#byId.get(id);
    if (server) return server;
    throw new OmgError("server_unknown", { server: id, message: `Server '${id}' not found` });
  }

  slugOf(server: PooledServer): string {
    return this.#slugs.get(server.id) as string;
  }

  /** The server whose names start like this one, whether it offers the name or not. */
  serverOf(wireName: string): PooledServer | undefined {
    return this.#bySlug.get(slugOf(wireName));
  }

  knows(server: PooledServer, session: string): boolean {
    return this.listing(server, session) !== undefined;
  }

  /** What a server offers, as far as it is known, but for tools that may not be used. */
  listing(server: PooledServer, session: string): Listing | undefined {
    const listing = this.#memory.get(server, session);
    return listing && this.#pins.visible(server.id, listing);
  }

  /** A server has answered a client's request for its tools. */
  passed(server: PooledServer, session: string, answer: Frame): "known" | "new" {
    return this.#memory.passed(server, session, answer);
  }

  /** Fetches what was remembered of a server before this process began. */
  recall(server: PooledServer): Promise<void> {
    return this.#memory.recall(server);
  }

  async recallAll(): Promise<void> {
    await Promise.all(this.servers.map((server) => this.#memory.recall(server)));
  }

  learn(server: PooledServer, session: string): Promise<Listing> {
    return this.#memory.learn(server, session);
  }

  learnAll(session: string): Promise<void> {
    return this.#memory.learnAll(this.servers, session);
  }

  /** Usable servers whose offer is not known (yet). */
  missing(session: string): PooledServer[] {
    return this.servers.filter((server) => server.state !== "disabled" && !this.knows(server, session));
  }

  tool(wireName: string, session: string): Route | undefined {
    return this.#route(wireName, session, ({ tools }) => tools);
  }

  prompt(wireName: string, session: string): Route | undefined {
    return this.#route(wireName, session, ({ prompts }) => prompts);
  }

  /** Which server a resource's URI belongs to. */
  addresses(session: string): Addresses {
    const made = this.#madeFor(session);
    made.addresses ??= new Addresses(
      this.servers.flatMap((server) => {
        const view = this.#view(server, session);
        return view ? [{ server, slug: this.slugOf(server), view }] : [];
      }),
      this.#bySlug,
    );
    return made.addresses;
  }

  /** What is known now, in the order of the catalog. */
  list(kind: ListKind, session: string): MergedList {
    const { lists } = this.#madeFor(session);
    const list = lists.get(kind) ?? this.#merge(kind, session);
    lists.set(kind, list);
    return list;
  }

  /** A listing has changed. */
  changed(): void {
    this.#made.clear();
  }

  forgetSession(session: string): void {
    this.#made.delete(session);
    this.#memory.forgetSession(this.#servers, session);
  }

  #madeFor(session: string): Made {
    const key = this.#memory.hasOwn(session) ? session : "";
    let made = this.#made.get(key);
    if (!made) {
      made = { lists: new Map(), addresses: undefined };
      this.#made.set(key, made);
    }
    return made;
  }

  #route(
    wireName: string,
    session: string,
    names: (view: ServerView) => ReadonlyMap<string, string>,
  ): Route | undefined {
    const server = this.serverOf(wireName);
    const view = server && this.#view(server, session);
    const name = view && names(view).get(wireName);
    return name === undefined ? undefined : { server: server as PooledServer, name };
  }

  #view(server: PooledServer, session: string): ServerView | undefined {
    const listing = this.#memory.get(server, session);
    if (!listing) return undefined;
    let view = this.#views.get(listing);
    if (!view) {
      view = viewServer(server.config, this.slugOf(server), listing);
      this.#views.set(listing, view);
      this.#remarks.tell(server.config, view.remarks);
    }
    return view;
  }

  /** A server's items of a kind, but for tools that may not be used: these keep their names, and calls are refused. */
  #offered(kind: ListKind, server: PooledServer, session: string): readonly ListedItem[] {
    const view = this.#view(server, session);
    if (!view) return [];
    const items = view.items[kind];
    const blocked = this.#pins.blocked(server.id, this.#memory.get(server, session));
    if (kind !== "tools" || blocked.size === 0) return items;
    return items.filter(({ key }) => !blocked.has(view.tools.get(key) as string));
  }

  #merge(kind: ListKind, session: string): MergedList {
    const addresses = this.addresses(session);
    const items: PlacedItem[] = [];
    for (const server of this.servers) {
      const slug = this.slugOf(server);
      for (const item of this.#offered(kind, server, session)) {
        items.push({ slug, ...this.#worded(kind, item, server, addresses) });
      }
    }
    const first = pageOf(items);
    const digest = createHash("sha256");
    for (const { bytes } of items) digest.update(bytes);
    return { items, first, digest: digest.digest("base64"), caching: this.#caching(kind, session) };
  }

  /** The narrowest of all. A server that has nothing of a kind has no say in it; one that is not known might have. */
  #caching(kind: ListKind, session: string): Caching {
    const { capability } = listKinds[kind];
    const known = this.servers.flatMap((server) => this.listing(server, session) ?? []);
    const listed = known.filter(({ introduction }) => introduction.capabilities[capability] !== undefined);
    const isCertain = listed.length > 0 && this.missing(session).length === 0;
    return isCertain
      ? narrowest(listed.map(({ caching }) => caching?.[kind] ?? cachingOf({})))
      : cachingOf({});
  }

  /** An item with the URIs that clients see. */
  #worded(kind: ListKind, item: ListedItem, server: PooledServer, addresses: Addresses): ListedItem {
    if (!addresses.mayClash) return item;
    const uri = (own: string) => addresses.outward(server, own);
    if (listKinds[kind].key === "name") {
      const bytes = rewriteShownBy(item, uri);
      return bytes === item.bytes ? item : { ...item, bytes };
    }
    const seen = uri(item.key);
    if (seen === item.key) return item;
    this.#warnMarked(server, item.key, seen);
    return withKey(item, seen);
  }

  #warnMarked(server: PooledServer, own: string, seen: string): void {
    const message = `Other servers list ${own} as well as server '${server.id}'; on /mcp it is ${seen}`;
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#emit({ type: "server-warning", server: server.id, message });
  }
}

interface Made {
  readonly lists: Map<ListKind, MergedList>;
  addresses: Addresses | undefined;
}
