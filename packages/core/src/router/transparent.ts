import type { PooledServer } from "../pool/server.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { Params } from "../runtime/transport.ts";
import type { Call } from "../session/call.ts";
import type { Catalog } from "./catalog.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Listing, type ListKind, listKinds, sameItems } from "./listing.ts";
import type { Subscriptions } from "./subscriptions.ts";

export interface TransparentOptions {
  readonly catalog: Catalog;
  readonly subscriptions: Subscriptions;
  /** The server's id. */
  readonly server: string;
  readonly session: string;
}

/** What a client was told when it asked for a list. */
interface Told {
  readonly server: PooledServer;
  /** As it was remembered then, if it was. */
  readonly listing: Listing | undefined;
}

/** One server as it is: nothing renamed, unknown methods forwarded, bytes untouched but for ids and tokens. */
export class TransparentEndpoint implements Endpoint {
  readonly #catalog: Catalog;
  readonly #subscriptions: Subscriptions;
  readonly #id: string;
  readonly #session: string;
  readonly #told = new Map<ListKind, Told>();

  constructor({ catalog, subscriptions, server, session }: TransparentOptions) {
    this.#catalog = catalog;
    this.#subscriptions = subscriptions;
    this.#id = server;
    this.#session = session;
  }

  /** Looked up each time: a reload may have put another in its place. */
  get #server(): PooledServer {
    return this.#catalog.mustFind(this.#id);
  }

  async introduce(call: Call): Promise<Params> {
    return this.#server.use(this.#session, async ({ introduction }) => introduction, { call });
  }

  request(call: Call): Promise<Frame> {
    const { method = "", uri } = call.frame.head;
    const server = this.#server;
    if (uri !== undefined && method === "resources/subscribe") {
      return this.#subscriptions.subscribe(server, call, uri);
    }
    if (uri !== undefined && method === "resources/unsubscribe") {
      return this.#subscriptions.unsubscribe(server, call, uri);
    }
    const kind = kindOf.get(method);
    return kind ? this.#list(server, call, kind) : server.forward(call);
  }

  notify(frame: Frame): void {
    const server = this.#catalog.get(this.#id);
    // A shared server was not told that clients have roots.
    if (frame.head.method === "notifications/roots/list_changed" && !server?.isPerSession) return;
    server?.notify(this.#session, frame);
  }

  mustLog(): void {
    const instance = this.#server.ready(this.#session);
    if (!instance || instance.introduction.capabilities.logging !== undefined) return;
    const message = `Server '${this.#id}' sends no log messages`;
    throw new OmgError("method_not_found", { server: this.#id, message });
  }

  translator(): undefined {}

  announced(kinds: readonly ListKind[]): void {
    for (const kind of kinds) {
      const told = this.#told.get(kind);
      if (told) this.#told.set(kind, { ...told, listing: undefined });
    }
  }

  /** What the server itself announces passes on; this is for changes behind a restart or a reload. */
  staleLists(): ListKind[] {
    const server = this.#catalog.get(this.#id);
    if (!server) return [];
    const listing = this.#catalog.listing(server, this.#session);
    return [...this.#told].flatMap(([kind, told]) => {
      const isOther = told.server !== server;
      // Another server whose offer is not known yet: the client must ask to hear of it.
      if (isOther && !listing) {
        this.#told.set(kind, { server, listing });
        return [kind];
      }
      if (!listing || told.listing === listing) return [];
      this.#told.set(kind, { server, listing });
      return told.listing && !sameItems(told.listing, listing, kind) ? [kind] : [];
    });
  }

  identity(): unknown {
    return this.#catalog.get(this.#id)?.ready(this.#session)?.introduction.serverInfo;
  }

  target(): PooledServer | undefined {
    return this.#catalog.get(this.#id);
  }

  watch(kinds: readonly ListKind[]): ListKind[] {
    const server = this.#server;
    const listing = this.#catalog.listing(server, this.#session);
    const capabilities = listing?.introduction.capabilities;
    const existing = kinds.filter(
      (kind) => !capabilities || capabilities[listKinds[kind].capability] !== undefined,
    );
    for (const kind of existing) this.#told.set(kind, { server, listing });
    return existing;
  }

  async #list(server: PooledServer, call: Call, kind: ListKind): Promise<Frame> {
    const answer = await server.forward(call);
    // Remembered from now on, so that a later change can be told.
    const known = this.#catalog.listing(server, this.#session);
    if (!known) void this.#catalog.learn(server, this.#session).catch(() => {});
    const isNew = known && kind === "tools" && this.#catalog.passed(server, this.#session, answer) === "new";
    this.#told.set(kind, { server, listing: isNew ? undefined : known });
    return answer;
  }
}

const kindOf = new Map(
  (Object.keys(listKinds) as ListKind[]).map((kind) => [listKinds[kind].method as string, kind]),
);
