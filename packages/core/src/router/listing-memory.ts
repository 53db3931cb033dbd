import type { Clock } from "../clock.ts";
import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { StateStore } from "../runtime/v1.ts";
import { type Listing, toolOf, toolsIn } from "./listing.ts";
import { ListingStore } from "./listing-store.ts";
import { Remarks } from "./remarks.ts";
import { type ListingParts, RememberedListing } from "./remembered-listing.ts";
import { settledWithin } from "./settled-within.ts";

export interface ListingMemorySettings {
  readonly clock: Clock;
  /** Longest wait for servers never listed before. */
  readonly waitMs: number;
  /** Callers that may wait for one listing. */
  readonly maxWaiters: number;
  /** Where listings outlive the process, under the fingerprints of their servers. */
  readonly store: StateStore;
  readonly emit: GatewayListener;
  /**
   * A listing is known for the first time or differs from before; with the session it belongs to, which is empty for
   * what everybody shares.
   */
  readonly onChange: (session: string) => void;
  /** A server was asked, and has answered something else than before; or, the same twice, it is remembered. */
  readonly onListed?: (server: PooledServer, listing: Listing, before: Listing | undefined) => void;
}

/**
 * Remembers what servers offer, so that listings need no running server. A listing of a session-scoped server belongs
 * to that session alone, and is forgotten with it.
 */
export class ListingMemory {
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #parts: ListingParts;
  /** By session, or under "" what all share. A server that a reload replaced takes its own along. */
  readonly #entries = new WeakMap<PooledServer, Map<string, RememberedListing>>();
  /** Sessions with listings of their own. */
  readonly #owners = new Set<string>();

  constructor(settings: ListingMemorySettings) {
    const { clock, waitMs, maxWaiters, store, emit, onChange, onListed = () => {} } = settings;
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#parts = {
      clock,
      maxWaiters,
      emit,
      store: new ListingStore(store, emit),
      remarks: new Remarks(emit),
      oddities: new Remarks(emit),
      onChange: (changed) => {
        const { server, session } = changed;
        // The session may have ended while its server was asked.
        if (session !== "" && this.#known(server, session) === changed) this.#owners.add(session);
        onChange(session);
      },
      onListed,
    };
  }

  get(server: PooledServer, session: string): Listing | undefined {
    return this.#known(server, session)?.listing;
  }

  /** Whether a session sees anything that others do not. */
  hasOwn(session: string): boolean {
    return this.#owners.has(session);
  }

  /** Fetches a shared server's listing from the store, if it is there. Never rejects. */
  async recall(server: PooledServer): Promise<void> {
    if (!server.isPerSession) await this.#entry(server, "").recall();
  }

  /**
   * The listing, from the server itself if it is not known yet, for a client that waits. May start the server. Rejects
   * when that fails, or too many wait.
   */
  learn(server: PooledServer, session: string): Promise<Listing> {
    return this.#entry(server, session).learn();
  }

  /**
   * What a running server says of one of its tools, asked for if need be or, if `anew`, in any case. Never rejects, never
   * starts it.
   */
  async tool(
    server: PooledServer,
    session: string,
    name: string,
    anew = false,
  ): Promise<ListedItem | undefined> {
    if (anew) await this.refresh(server, session);
    const known = this.get(server, session);
    const listing =
      known ?? (server.ready(session) && (await this.learn(server, session).catch(() => undefined)));
    return listing && toolOf(listing, name);
  }

  /** The listing from the server itself, whatever is remembered. May start the server. */
  learnAnew(server: PooledServer, session: string): Promise<Listing> {
    return this.#entry(server, session).learnAnew();
  }

  /**
   * What the running instance itself has listed last, once nothing newer is on its way; undefined if it refuses to list
   * its tools. May start the server.
   */
  confirmed(server: PooledServer, session: string): Promise<Listing | undefined> {
    return this.#entry(server, session).confirmed();
  }

  /** Why the server did not list its tools when it was asked last, if so: what is remembered of them is from before. */
  toolsRefused(server: PooledServer, session: string): OmgError | undefined {
    return this.#known(server, session)?.toolsRefused;
  }

  /** A client has asked a server for its tools: if the answer has what is not remembered, the server is asked too. */
  passed(server: PooledServer, session: string, answer: Frame): "known" | "new" {
    const listing = this.get(server, session);
    const isKnown = ({ key, bytes }: ListedItem) => listing && toolOf(listing, key)?.bytes.equals(bytes);
    if (toolsIn(answer).every(isKnown)) return "known";
    this.invalidate(server, session);
    return "new";
  }

  /**
   * Asks all servers that are not known yet, in the background. May start them. Waits for them, but not for those that
   * failed before, and for none longer than the listing wait.
   */
  async learnAll(servers: readonly PooledServer[], session: string): Promise<void> {
    const unknown = servers.filter((server) => !this.get(server, session));
    await Promise.all(unknown.map((server) => this.recall(server)));
    const waits: Promise<void>[] = [];
    for (const server of unknown) {
      const entry = this.#entry(server, session);
      if (entry.listing || server.state === "disabled" || server.state === "backoff") continue;
      const patient = !entry.failed;
      const { learned, since } = entry.learnInBackground();
      const leftMs = since + this.#waitMs - this.#clock.now();
      if (patient && leftMs > 0) waits.push(settledWithin(this.#clock, leftMs, learned));
      else learned.catch(() => {});
    }
    await Promise.all(waits);
  }

  /** The server says that its list has changed: what is being fetched may be old already. */
  invalidate(server: PooledServer, session: string): void {
    this.#known(server, session)?.invalidate();
  }

  /** A server has started: what is remembered of it may be old. */
  started(server: PooledServer, session: string): void {
    void this.recall(server).then(() => this.refresh(server, session));
  }

  /** Asks a server anew, if it runs and anybody ever wanted its listing. Never starts it, never rejects. */
  async refresh(server: PooledServer, session: string): Promise<void> {
    await this.#known(server, session)?.refresh();
  }

  forgetSession(servers: readonly PooledServer[], session: string): void {
    this.#owners.delete(session);
    if (session !== "") for (const server of servers) this.#entries.get(server)?.delete(session);
  }

  #known(server: PooledServer, session: string): RememberedListing | undefined {
    return this.#entries.get(server)?.get(keyOf(server, session));
  }

  #entry(server: PooledServer, session: string): RememberedListing {
    const entries = this.#entries.get(server) ?? new Map<string, RememberedListing>();
    this.#entries.set(server, entries);
    const key = keyOf(server, session);
    const entry = entries.get(key) ?? new RememberedListing(this.#parts, server, key);
    entries.set(key, entry);
    return entry;
  }
}

function keyOf(server: PooledServer, session: string): string {
  return server.isPerSession ? session : "";
}
