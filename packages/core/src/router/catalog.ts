import { createHash } from "node:crypto";
import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Listing, ListKind } from "./listing.ts";
import type { ListingMemory } from "./listing-memory.ts";
import { fitOf, isAddress, type ServerView, viewServer } from "./server-view.ts";
import { serverSlugs, slugOf } from "./wire-names.ts";

/** A list of everything that all servers offer of one kind. */
export interface MergedList {
  /** A JSON array. */
  readonly array: Buffer;
  /** Equal for equal lists. */
  readonly digest: string;
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
  #servers: readonly PooledServer[] = [];
  #byId: ReadonlyMap<string, PooledServer> = new Map();
  #slugs: ReadonlyMap<string, string> = new Map();
  #bySlug: ReadonlyMap<string, PooledServer> = new Map();
  #views = new WeakMap<Listing, ServerView>();
  /** Lists that are the same for every session: kept until something changes. */
  readonly #lists = new Map<ListKind, MergedList>();
  #allShared = true;
  readonly #warned = new Set<string>();

  constructor(memory: ListingMemory, emit: GatewayListener) {
    this.#memory = memory;
    this.#emit = emit;
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
    this.#allShared = servers.every(({ config }) => config.scope !== "session");
    this.#warned.clear();
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

  /** The server whose names start like this one, whether it offers the name or not. */
  serverOf(wireName: string): PooledServer | undefined {
    return this.#bySlug.get(slugOf(wireName));
  }

  knows(server: PooledServer, session: string): boolean {
    return this.#memory.get(server, session) !== undefined;
  }

  /** Fetches what was remembered of a server before this process began. */
  recall(server: PooledServer): Promise<void> {
    return this.#memory.recall(server);
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

  /** The server that lists a URI, or has the best template for it. */
  resource(uri: string, session: string): PooledServer | undefined {
    let best: PooledServer | undefined;
    let bestFit = 0;
    for (const server of this.servers) {
      const view = this.#view(server, session);
      const fit = view ? fitOf(view, uri) : 0;
      if (fit <= bestFit) continue;
      best = server;
      bestFit = fit;
    }
    return best;
  }

  /** What is known now, in the order of the catalog. */
  list(kind: ListKind, session: string): MergedList {
    const kept = this.#lists.get(kind);
    if (kept) return kept;
    const list = this.#merge(kind, session);
    if (this.#allShared) this.#lists.set(kind, list);
    return list;
  }

  /** A listing has changed. */
  changed(): void {
    this.#lists.clear();
  }

  forgetSession(session: string): void {
    this.#memory.forgetSession(this.#servers, session);
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
      view = viewServer(this.#slugs.get(server.id) as string, listing);
      this.#views.set(listing, view);
    }
    return view;
  }

  #merge(kind: ListKind, session: string): MergedList {
    const owners = new Map<string, PooledServer>();
    const parts: Buffer[] = [];
    for (const server of this.servers) {
      for (const { key, bytes } of this.#view(server, session)?.items[kind] ?? []) {
        const owner = isAddress(kind) ? owners.get(key) : undefined;
        if (owner) {
          this.#warnTwice(server, owner, key);
          continue;
        }
        owners.set(key, server);
        parts.push(parts.length === 0 ? opening : comma, bytes);
      }
    }
    const array = parts.length === 0 ? empty : Buffer.concat([...parts, closing]);
    return { array, digest: createHash("sha256").update(array).digest("base64") };
  }

  #warnTwice(server: PooledServer, owner: PooledServer, key: string): void {
    const message =
      `Server '${server.id}' lists ${key}, which server '${owner.id}' lists too; ` +
      "/mcp serves the latter's, each server's own endpoint its own";
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#emit({ type: "server-warning", server: server.id, message });
  }
}

const opening = Buffer.from("[");
const comma = Buffer.from(",");
const closing = Buffer.from("]");
const empty = Buffer.from("[]");
