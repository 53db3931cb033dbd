import type { Clock } from "../clock.ts";
import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import { fetchListing, type Listing, type ListKind, listKinds } from "./listing.ts";

interface Entry {
  listing?: Listing;
  fetching?: Promise<Listing> | undefined;
  fetchingSince: number;
  /** The list changed while it was being fetched. */
  again: boolean;
  failed: boolean;
}

/**
 * Remembers what servers offer, so that listings need no running server. A listing of a session-scoped server belongs
 * to that session alone.
 */
export class ListingMemory {
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #emit: GatewayListener;
  readonly #onChange: (session: string) => void;
  readonly #entries = new Map<PooledServer, Map<string, Entry>>();

  /**
   * `onChange` is called when a listing is known for the first time or differs from before; with the session it belongs
   * to, which is empty for what everybody shares.
   */
  constructor(clock: Clock, waitMs: number, emit: GatewayListener, onChange: (session: string) => void) {
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#emit = emit;
    this.#onChange = onChange;
  }

  get(server: PooledServer, session: string): Listing | undefined {
    return this.#entries.get(server)?.get(keyOf(server, session))?.listing;
  }

  /** The listing, from the server itself if it is not known yet, for a client that waits. May start the server. */
  learn(server: PooledServer, session: string): Promise<Listing> {
    const entry = this.#entry(server, session);
    if (entry.listing) return Promise.resolve(entry.listing);
    return entry.fetching ?? this.#fetch(entry, server, session, true);
  }

  /**
   * Asks all servers that are not known yet, in the background. May start them. Waits for them, but not for those that
   * failed before, and for none longer than the listing wait.
   */
  async learnAll(servers: readonly PooledServer[], session: string): Promise<void> {
    const waits: Promise<void>[] = [];
    for (const server of servers) {
      const entry = this.#entry(server, session);
      if (entry.listing || server.state === "disabled" || server.state === "backoff") continue;
      const patient = !entry.failed;
      const learned = entry.fetching ?? this.#fetch(entry, server, session, false);
      const leftMs = entry.fetchingSince + this.#waitMs - this.#clock.now();
      if (patient && leftMs > 0) waits.push(this.#atMost(leftMs, learned));
      else learned.catch(() => {});
    }
    await Promise.all(waits);
  }

  /** The server says that its list has changed: what is being fetched may be old already. */
  invalidate(server: PooledServer, session: string): void {
    const entry = this.#entries.get(server)?.get(keyOf(server, session));
    if (entry?.fetching) entry.again = true;
    else this.refresh(server, session);
  }

  /** Asks a server anew, if it runs and anybody ever wanted its listing. Never starts it. */
  refresh(server: PooledServer, session: string): void {
    const entry = this.#entries.get(server)?.get(keyOf(server, session));
    if (!entry?.listing || entry.fetching || !server.isReady(session)) return;
    this.#fetch(entry, server, session, false).catch(() => {});
  }

  forgetSession(session: string): void {
    for (const entries of this.#entries.values()) if (session !== "") entries.delete(session);
  }

  #entry(server: PooledServer, session: string): Entry {
    const entries = this.#entries.get(server) ?? new Map<string, Entry>();
    this.#entries.set(server, entries);
    const key = keyOf(server, session);
    const entry = entries.get(key) ?? { fetchingSince: 0, again: false, failed: false };
    entries.set(key, entry);
    return entry;
  }

  #fetch(entry: Entry, server: PooledServer, session: string, urgent: boolean): Promise<Listing> {
    const warn = (message: string) => this.#emit({ type: "server-warning", server: server.id, message });
    entry.fetchingSince = this.#clock.now();
    entry.again = false;
    const fetching = server
      .use(session, (instance) => fetchListing(server.id, instance, warn, entry.listing), { urgent })
      .then((listing) => {
        this.#keep(entry, server, session, listing);
        return listing;
      })
      .catch((error) => {
        entry.failed = true;
        throw error;
      })
      .finally(() => {
        entry.fetching = undefined;
        if (entry.again) this.refresh(server, session);
      });
    entry.fetching = fetching;
    return fetching;
  }

  #keep(entry: Entry, server: PooledServer, session: string, listing: Listing): void {
    const changed = !entry.listing || !sameListing(entry.listing, listing);
    entry.failed = false;
    if (!changed) return;
    entry.listing = listing;
    this.#emit({ type: "server-listed", server: server.id, tools: listing.tools.length });
    this.#onChange(keyOf(server, session));
  }

  async #atMost(ms: number, learned: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const stopTimer = this.#clock.after(ms, resolve);
      const done = () => {
        stopTimer();
        resolve();
      };
      learned.then(done, done);
    });
  }
}

function keyOf(server: PooledServer, session: string): string {
  return server.config.scope === "session" ? session : "";
}

function sameListing(a: Listing, b: Listing): boolean {
  return (Object.keys(listKinds) as ListKind[]).every(
    (kind) =>
      a[kind].length === b[kind].length &&
      a[kind].every((item, index) => item.bytes.equals((b[kind][index] as typeof item).bytes)),
  );
}
