import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import type { Listing } from "./listing.ts";
import type { ListingMemory } from "./listing-memory.ts";
import { type ListedServer, type MergedView, mergeListings } from "./merged-view.ts";
import { serverSlugs } from "./wire-names.ts";

/** All servers of the configuration, by id and by slug, and what they offer together. */
export class Catalog {
  readonly #servers: ReadonlyMap<string, PooledServer>;
  readonly #slugs: ReadonlyMap<string, string>;
  readonly #bySlug: ReadonlyMap<string, PooledServer>;
  readonly #memory: ListingMemory;
  readonly #emit: GatewayListener;
  readonly #views = new Map<string, { version: number; view: MergedView }>();
  readonly #hasPrivateListings: boolean;

  constructor(servers: readonly PooledServer[], memory: ListingMemory, emit: GatewayListener) {
    this.#servers = new Map(servers.map((server) => [server.id, server]));
    this.#slugs = serverSlugs([...this.#servers.keys()]);
    this.#bySlug = new Map(servers.map((server) => [this.#slugs.get(server.id) as string, server]));
    this.#memory = memory;
    this.#emit = emit;
    this.#hasPrivateListings = servers.some((server) => server.config.scope === "session");
  }

  get servers(): readonly PooledServer[] {
    return [...this.#servers.values()];
  }

  get(id: string): PooledServer | undefined {
    return this.#servers.get(id);
  }

  bySlug(slug: string): PooledServer | undefined {
    return this.#bySlug.get(slug);
  }

  knows(server: PooledServer, session: string): boolean {
    return this.#memory.get(server, session) !== undefined;
  }

  learn(server: PooledServer, session: string): Promise<Listing> {
    return this.#memory.learn(server, session);
  }

  learnAll(session: string): Promise<void> {
    return this.#memory.learnAll(this.servers, session);
  }

  /** Usable servers whose offer is not known (yet). */
  missing(session: string): string[] {
    return this.servers
      .filter((server) => server.state !== "disabled" && !this.knows(server, session))
      .map((server) => server.id);
  }

  /** What is known now, merged; built anew only after a change. */
  view(session: string): MergedView {
    const key = this.#hasPrivateListings ? session : "";
    const { version } = this.#memory;
    const known = this.#views.get(key);
    if (known?.version === version) return known.view;
    const listed: ListedServer[] = [];
    for (const [id, server] of this.#servers) {
      const listing = this.#memory.get(server, session);
      if (listing) listed.push({ server, slug: this.#slugs.get(id) as string, listing });
    }
    const view = mergeListings(listed, (server, message) =>
      this.#emit({ type: "server-warning", server, message }),
    );
    this.#views.set(key, { version, view });
    return view;
  }

  forgetSession(session: string): void {
    this.#views.delete(session);
    this.#memory.forgetSession(session);
  }
}
