import type { Clock } from "../clock.ts";
import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import { tooManyWaitersError } from "../pool/slot-errors.ts";
import type { RunningInstance } from "../pool/start-instance.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { Frame } from "../runtime/frame.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import type { StateStore } from "../runtime/v1.ts";
import { beforeSending } from "../upstream/executed.ts";
import { definitionRemarks } from "./definition-remarks.ts";
import { fetchListing, type Listing, sameListing, toolOf, toolsIn } from "./listing.ts";
import { ListingStore } from "./listing-store.ts";
import { Remarks } from "./remarks.ts";

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

interface Entry {
  listing?: Listing;
  /** The look into the store, once for each entry. */
  recalled?: Promise<void>;
  fetching?: Promise<Listing> | undefined;
  fetchingSince: number;
  waiters: number;
  /** The list changed while it was being fetched. */
  again: boolean;
  /** When it was last asked for because of a change. */
  followedAt: number;
  /** Ends the wait for a change to be asked for, while there is one. */
  stopFollowing?: (() => void) | undefined;
  failed: boolean;
  /** Why the server did not list its tools when it was asked last: they are as they were before. */
  toolsRefused?: OmgError | undefined;
}

/** Longest wait for the store. */
const recallMs = 1000;
/** A server whose list changes all the time is asked for it no more often. */
const followMs = 1000;

/**
 * Remembers what servers offer, so that listings need no running server. A listing of a session-scoped server belongs
 * to that session alone, and is forgotten with it.
 */
export class ListingMemory {
  readonly #settings: ListingMemorySettings;
  /** A server that a reload replaced takes its entries along. */
  readonly #entries = new WeakMap<PooledServer, Map<string, Entry>>();
  /** Sessions with listings of their own. */
  readonly #owners = new Set<string>();
  /** Of definitions. */
  readonly #remarks: Remarks;
  /** Of how the lists themselves are odd, apart: a server may think of so many that nothing else would be told. */
  readonly #oddities: Remarks;
  readonly #store: ListingStore;
  /** Those that were asked themselves, and have answered since. */
  readonly #asked = new WeakSet<RunningInstance>();

  constructor(settings: ListingMemorySettings) {
    this.#settings = settings;
    this.#remarks = new Remarks(settings.emit);
    this.#oddities = new Remarks(settings.emit);
    this.#store = new ListingStore(settings.store, settings.emit);
  }

  get(server: PooledServer, session: string): Listing | undefined {
    return this.#entries.get(server)?.get(keyOf(server, session))?.listing;
  }

  /** Whether a session sees anything that others do not. */
  hasOwn(session: string): boolean {
    return this.#owners.has(session);
  }

  /** Fetches a shared server's listing from the store, if it is there. Never rejects. */
  recall(server: PooledServer): Promise<void> {
    if (!isShared(server)) return Promise.resolve();
    const entry = this.#entry(server, "");
    entry.recalled ??= this.#atMost(recallMs, this.#recall(entry, server));
    return entry.recalled;
  }

  /**
   * The listing, from the server itself if it is not known yet, for a client that waits. May start the server. Rejects
   * when that fails, or too many wait.
   */
  async learn(server: PooledServer, session: string): Promise<Listing> {
    await this.recall(server);
    const entry = this.#entry(server, session);
    if (entry.listing) return entry.listing;
    const { maxWaiters } = this.#settings;
    if (entry.waiters >= maxWaiters) throw tooManyWaitersError(server.id, maxWaiters);
    entry.waiters++;
    try {
      return await (entry.fetching ?? this.#fetch(entry, server, session, true));
    } finally {
      entry.waiters--;
    }
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
  async learnAnew(server: PooledServer, session: string): Promise<Listing> {
    await this.recall(server);
    const entry = this.#entry(server, session);
    return entry.fetching ?? this.#fetch(entry, server, session, true);
  }

  /**
   * What the running instance itself has listed last, once nothing newer is on its way; undefined if it refuses to list
   * its tools. May start the server.
   */
  async confirmed(server: PooledServer, session: string): Promise<Listing | undefined> {
    const entry = this.#entry(server, session);
    const instance = server.ready(session);
    const isAsked = instance !== undefined && this.#asked.has(instance);
    let { listing } = entry;
    if (!listing || !isAsked || isBehind(entry)) listing = await this.learnAnew(server, session);
    // The server may have said meanwhile that this is old already.
    if (isBehind(entry)) listing = await this.learnAnew(server, session);
    return entry.toolsRefused ? undefined : listing;
  }

  /** Why the server did not list its tools when it was asked last, if so: what is remembered of them is from before. */
  toolsRefused(server: PooledServer, session: string): OmgError | undefined {
    return this.#entries.get(server)?.get(keyOf(server, session))?.toolsRefused;
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
      const learned = entry.fetching ?? this.#fetch(entry, server, session, false);
      const leftMs = entry.fetchingSince + this.#settings.waitMs - this.#settings.clock.now();
      if (patient && leftMs > 0) waits.push(this.#atMost(leftMs, learned));
      else learned.catch(() => {});
    }
    await Promise.all(waits);
  }

  /** The server says that its list has changed: what is being fetched may be old already. */
  invalidate(server: PooledServer, session: string): void {
    const entry = this.#entries.get(server)?.get(keyOf(server, session));
    if (entry?.fetching) entry.again = true;
    else if (entry && !entry.stopFollowing) this.#follow(entry, server, session);
  }

  /** A server has started: what is remembered of it may be old. */
  started(server: PooledServer, session: string): void {
    void this.recall(server).then(() => this.refresh(server, session));
  }

  /** Asks a server anew, if it runs and anybody ever wanted its listing. Never starts it, never rejects. */
  async refresh(server: PooledServer, session: string): Promise<void> {
    const entry = this.#entries.get(server)?.get(keyOf(server, session));
    if (!entry?.listing || !server.ready(session)) return;
    await (entry.fetching ?? this.#fetch(entry, server, session, false)).catch(() => {});
  }

  forgetSession(servers: readonly PooledServer[], session: string): void {
    this.#owners.delete(session);
    if (session !== "") for (const server of servers) this.#entries.get(server)?.delete(session);
  }

  #follow(entry: Entry, server: PooledServer, session: string): void {
    const { clock } = this.#settings;
    const waitMs = entry.followedAt + followMs - clock.now();
    if (waitMs <= 0) {
      entry.followedAt = clock.now();
      void this.refresh(server, session);
      return;
    }
    entry.stopFollowing = clock.after(waitMs, () => {
      entry.stopFollowing = undefined;
      this.invalidate(server, session);
    });
  }

  async #recall(entry: Entry, server: PooledServer): Promise<void> {
    const listing = await this.#store.load(server);
    if (!listing || entry.listing) return;
    entry.listing = listing;
    this.#remarks.tell(server.config, definitionRemarks(server.id, listing));
    this.#settings.onChange("");
    this.#settings.onListed?.(server, listing, listing);
  }

  #entry(server: PooledServer, session: string): Entry {
    const entries = this.#entries.get(server) ?? new Map<string, Entry>();
    this.#entries.set(server, entries);
    const key = keyOf(server, session);
    const entry = entries.get(key) ?? {
      fetchingSince: 0,
      waiters: 0,
      again: false,
      followedAt: Number.NEGATIVE_INFINITY,
      failed: false,
    };
    entries.set(key, entry);
    return entry;
  }

  #fetch(entry: Entry, server: PooledServer, session: string, urgent: boolean): Promise<Listing> {
    const { clock } = this.#settings;
    const warn = (message: string) => this.#oddities.tell(server.config, [{ kind: message, message }]);
    entry.fetchingSince = clock.now();
    entry.again = false;
    entry.stopFollowing?.();
    entry.stopFollowing = undefined;
    const ask = async (instance: RunningInstance) => {
      this.#asked.delete(instance);
      const { listing, refused } = await fetchListing(server.id, instance, warn, entry.listing);
      entry.toolsRefused = refused.get("tools");
      if (!entry.toolsRefused) this.#asked.add(instance);
      return listing;
    };
    const fetching = server
      .use(session, ask, { urgent })
      .then((listing) => {
        this.#keep(entry, server, session, listing);
        return listing;
      })
      .catch((error) => {
        entry.failed = true;
        throw beforeSending(error);
      })
      .finally(() => {
        entry.fetching = undefined;
        if (entry.again) this.invalidate(server, session);
      });
    entry.fetching = fetching;
    return fetching;
  }

  #keep(entry: Entry, server: PooledServer, session: string, listing: Listing): void {
    const before = entry.listing;
    const changed = !before || !sameListing(before, listing);
    entry.failed = false;
    if (!changed) return;
    entry.listing = listing;
    const { emit, onChange, onListed } = this.#settings;
    emit({ type: "server-listed", server: server.id, tools: listing.tools.length });
    this.#remarks.tell(server.config, definitionRemarks(server.id, listing));
    // The session may have ended while its server was asked.
    const isKept = this.#entries.get(server)?.get(keyOf(server, session)) === entry;
    if (!isShared(server) && isKept) this.#owners.add(session);
    onChange(keyOf(server, session));
    onListed?.(server, listing, before);
    if (isShared(server)) void this.#store.save(server, listing);
  }

  async #atMost(ms: number, learned: Promise<unknown>): Promise<void> {
    await new Promise<void>((resolve) => {
      const stopTimer = this.#settings.clock.after(ms, resolve);
      const done = () => {
        stopTimer();
        resolve();
      };
      learned.then(done, done);
    });
  }
}

/** Whether its server has said, or may have, that what is known is old. */
function isBehind({ fetching, stopFollowing }: Entry): boolean {
  return fetching !== undefined || stopFollowing !== undefined;
}

function isShared(server: PooledServer): boolean {
  return !server.isPerSession;
}

function keyOf(server: PooledServer, session: string): string {
  return isShared(server) ? "" : session;
}
