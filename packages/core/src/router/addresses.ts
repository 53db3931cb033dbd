import type { PooledServer } from "../pool/server.ts";
import type { ServerView } from "./server-view.ts";
import { templateMatches } from "./uri-template.ts";

/** What one server contributes. */
export interface AddressedServer {
  readonly server: PooledServer;
  readonly slug: string;
  readonly view: ServerView;
}

/** Where a URI leads. */
export interface Address {
  readonly server: PooledServer;
  /** The server's own URI. */
  readonly uri: string;
}

const prefix = "omg:";

/**
 * Which server a resource's URI belongs to: the one that lists it, or a template that it may come from. A URI stays as
 * the server wrote it as long as it leads back to that server; otherwise clients see `omg:SLUG/URI`, with the URI as it
 * was. So is a template: what a client makes of it begins in the same way.
 */
export class Addresses {
  readonly #servers: readonly AddressedServer[];
  readonly #slugs: ReadonlyMap<string, PooledServer>;
  readonly #slugOf: ReadonlyMap<PooledServer, string>;
  readonly #schemes: ReadonlyMap<PooledServer, ReadonlySet<string>>;
  /** By listed URI or template, written out: the server, or `undefined` when there are several. */
  readonly #listed = new Map<string, PooledServer | undefined>();

  /** `slugs`: of every server of the catalog, those whose offer is not known included. */
  constructor(servers: readonly AddressedServer[], slugs: ReadonlyMap<string, PooledServer>) {
    this.#servers = servers;
    this.#slugs = slugs;
    this.#schemes = new Map(servers.map(({ server, view }) => [server, view.schemes]));
    this.#slugOf = new Map([...slugs].map(([slug, server]) => [server, slug]));
    for (const { server, view } of servers) {
      for (const uri of view.uris) {
        const owner = this.#listed.has(uri) ? this.#listed.get(uri) : server;
        this.#listed.set(uri, owner === server ? server : undefined);
      }
    }
  }

  /** Whether servers might name URIs that lead elsewhere: only then need anybody look for them. */
  get mayClash(): boolean {
    return this.#listed.size > 0 && this.#slugs.size > 1;
  }

  /** Where a client's URI leads; `"several"` servers may claim it as it stands, or none. */
  resolve(uri: string): Address | "several" | undefined {
    const known = this.#known(uri);
    if (known) return known;
    const [only, another] = this.#slugs.values();
    return only && !another && this.#hasOthersLike(only, uri) ? { server: only, uri } : undefined;
  }

  /** A server's URI or template as clients see it. */
  outward(server: PooledServer, uri: string): string {
    const known = this.#known(uri);
    if (known === undefined) return uri;
    const leadsBack = known !== "several" && known.server === server && known.uri === uri;
    return leadsBack ? uri : this.#marked(server, uri);
  }

  /**
   * The same for what a server tells clients to ask for, which need not be listed (MCP allows it): it is marked if the
   * server lists others of its scheme. Addresses of the web are for clients themselves.
   */
  outwardLink(server: PooledServer, uri: string): string {
    const isOwn = this.#hasOthersLike(server, uri) && !/^https?:/i.test(uri);
    return isOwn && this.#known(uri) === undefined ? this.#marked(server, uri) : this.outward(server, uri);
  }

  #hasOthersLike(server: PooledServer, uri: string): boolean {
    const scheme = schemeOf(uri);
    return scheme !== "" && this.#schemes.get(server)?.has(scheme) === true;
  }

  #marked(server: PooledServer, uri: string): string {
    return `${prefix}${this.#slugOf.get(server)}/${uri}`;
  }

  #known(uri: string): Address | "several" | undefined {
    const unmarked = this.#unmarked(uri);
    if (unmarked) return unmarked;
    if (this.#listed.has(uri)) {
      const server = this.#listed.get(uri);
      return server ? { server, uri } : "several";
    }
    return this.#byTemplate(uri);
  }

  #unmarked(uri: string): Address | undefined {
    if (!uri.startsWith(prefix)) return undefined;
    const end = uri.indexOf("/");
    const server = end < 0 ? undefined : this.#slugs.get(uri.slice(prefix.length, end));
    return server && { server, uri: uri.slice(end + 1) };
  }

  /** Of several templates that match, the longest is taken to know best. */
  #byTemplate(uri: string): Address | "several" | undefined {
    let best: PooledServer | "several" | undefined;
    let length = 0;
    for (const { server, view } of this.#servers) {
      for (const { key } of view.items.resourceTemplates) {
        if (key.length < length || !templateMatches(key, uri)) continue;
        const isTie = key.length === length && best !== undefined && best !== server;
        best = isTie ? "several" : server;
        length = key.length;
      }
    }
    return best === undefined || best === "several" ? best : { server: best, uri };
  }
}

/** The scheme of a URI or template, in lower case; empty for what has none. */
export function schemeOf(uri: string): string {
  return /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase() ?? "";
}
