import type { Clock } from "../clock.ts";
import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import { tooManyWaitersError } from "../pool/slot-errors.ts";
import type { RunningInstance } from "../pool/start-instance.ts";
import type { OmgError } from "../runtime/errors.ts";
import { beforeSending } from "../upstream/executed.ts";
import { definitionRemarks } from "./definition-remarks.ts";
import { fetchListing, type Listing, sameListing } from "./listing.ts";
import type { ListingStore } from "./listing-store.ts";
import type { Remarks } from "./remarks.ts";
import { settledWithin } from "./settled-within.ts";

/** What all listings of a gateway have in common. */
export interface ListingParts {
  readonly clock: Clock;
  /** Callers that may wait for one listing. */
  readonly maxWaiters: number;
  readonly store: ListingStore;
  readonly emit: GatewayListener;
  /** Of definitions. */
  readonly remarks: Remarks;
  /** Of how the lists themselves are odd, apart: a server may think of so many that nothing else would be told. */
  readonly oddities: Remarks;
  /** A listing is known for the first time or differs from before. */
  readonly onChange: (changed: RememberedListing) => void;
  /** A server was asked, and has answered something else than before; or, the same twice, it is remembered. */
  readonly onListed: (server: PooledServer, listing: Listing, before: Listing | undefined) => void;
}

/** Longest wait for the store. */
const recallMs = 1000;
/** A server whose list changes all the time is asked for it no more often. */
const followMs = 1000;

/** What one server offers, to all or to one session, as far as it is known; and how it comes to be known. */
export class RememberedListing {
  readonly server: PooledServer;
  /** Empty: all. */
  readonly session: string;
  readonly #parts: ListingParts;
  #listing: Listing | undefined;
  #recalled: Promise<void> | undefined;
  #fetching: Promise<Listing> | undefined;
  #fetchingSince = 0;
  #failed = false;
  #waiters = 0;
  /** The list changed while it was being fetched. */
  #again = false;
  /** When it was last asked for because of a change. */
  #followedAt = Number.NEGATIVE_INFINITY;
  /** Ends the wait for a change to be asked for, while there is one. */
  #stopFollowing: (() => void) | undefined;
  #toolsRefused: OmgError | undefined;
  /** Instances that were asked themselves, and have answered since. */
  readonly #asked = new WeakSet<RunningInstance>();

  constructor(parts: ListingParts, server: PooledServer, session: string) {
    this.#parts = parts;
    this.server = server;
    this.session = session;
  }

  get listing(): Listing | undefined {
    return this.#listing;
  }

  /** Whether the server could not be asked when it was last tried. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Why the server did not list its tools when it was asked last, if so: what is remembered of them is from before. */
  get toolsRefused(): OmgError | undefined {
    return this.#toolsRefused;
  }

  /** Fetches it from the store, if it is there. Never rejects. */
  recall(): Promise<void> {
    if (this.session !== "" || this.server.isPerSession) return Promise.resolve();
    this.#recalled ??= settledWithin(this.#parts.clock, recallMs, this.#recall());
    return this.#recalled;
  }

  /**
   * From the server itself if it is not known yet, for a client that waits. May start the server. Rejects when that fails, or
   * too many wait.
   */
  async learn(): Promise<Listing> {
    await this.recall();
    if (this.#listing) return this.#listing;
    const { maxWaiters } = this.#parts;
    if (this.#waiters >= maxWaiters) throw tooManyWaitersError(this.server.id, maxWaiters);
    this.#waiters++;
    try {
      return await (this.#fetching ?? this.#fetch(true));
    } finally {
      this.#waiters--;
    }
  }

  /** From the server itself, whatever is remembered. May start the server. */
  async learnAnew(): Promise<Listing> {
    await this.recall();
    return this.#fetching ?? this.#fetch(true);
  }

  /** From the server itself in the background, and since when; the wait for it need not be kept. May start the server. */
  learnInBackground(): { readonly learned: Promise<Listing>; readonly since: number } {
    const learned = this.#fetching ?? this.#fetch(false);
    return { learned, since: this.#fetchingSince };
  }

  /**
   * What the running instance itself has listed last, once nothing newer is on its way; undefined if it refuses to list
   * its tools. May start the server.
   */
  async confirmed(): Promise<Listing | undefined> {
    const instance = this.server.ready(this.session);
    const isAsked = instance !== undefined && this.#asked.has(instance);
    let listing = this.#listing;
    if (!listing || !isAsked || this.#isBehind) listing = await this.learnAnew();
    // The server may have said meanwhile that this is old already.
    if (this.#isBehind) listing = await this.learnAnew();
    return this.#toolsRefused ? undefined : listing;
  }

  /** The server says that its list has changed: what is being fetched may be old already. */
  invalidate(): void {
    if (this.#fetching) this.#again = true;
    else if (!this.#stopFollowing) this.#follow();
  }

  /** Asks the server anew, if it runs and anybody ever wanted its listing. Never starts it, never rejects. */
  async refresh(): Promise<void> {
    if (!this.#listing || !this.server.ready(this.session)) return;
    await (this.#fetching ?? this.#fetch(false)).catch(() => {});
  }

  /** Whether the server has said, or may have, that what is known is old. */
  get #isBehind(): boolean {
    return this.#fetching !== undefined || this.#stopFollowing !== undefined;
  }

  #follow(): void {
    const { clock } = this.#parts;
    const waitMs = this.#followedAt + followMs - clock.now();
    if (waitMs <= 0) {
      this.#followedAt = clock.now();
      void this.refresh();
      return;
    }
    this.#stopFollowing = clock.after(waitMs, () => {
      this.#stopFollowing = undefined;
      this.invalidate();
    });
  }

  async #recall(): Promise<void> {
    const listing = await this.#parts.store.load(this.server);
    if (!listing || this.#listing) return;
    this.#listing = listing;
    this.#tellRemarks(listing);
    this.#parts.onChange(this);
    this.#parts.onListed(this.server, listing, listing);
  }

  #fetch(urgent: boolean): Promise<Listing> {
    this.#fetchingSince = this.#parts.clock.now();
    this.#again = false;
    this.#stopFollowing?.();
    this.#stopFollowing = undefined;
    const fetching = this.server
      .use(this.session, (instance) => this.#ask(instance), { urgent })
      .then((listing) => {
        this.#keep(listing);
        return listing;
      })
      .catch((error) => {
        this.#failed = true;
        throw beforeSending(error);
      })
      .finally(() => {
        this.#fetching = undefined;
        if (this.#again) this.invalidate();
      });
    this.#fetching = fetching;
    return fetching;
  }

  async #ask(instance: RunningInstance): Promise<Listing> {
    const { id, config } = this.server;
    const warn = (message: string) => this.#parts.oddities.tell(config, [{ kind: message, message }]);
    this.#asked.delete(instance);
    const { listing, refused } = await fetchListing(id, instance, warn, this.#listing);
    this.#toolsRefused = refused.get("tools");
    if (!this.#toolsRefused) this.#asked.add(instance);
    return listing;
  }

  #keep(listing: Listing): void {
    const before = this.#listing;
    this.#failed = false;
    if (before && sameListing(before, listing)) return;
    this.#listing = listing;
    const { emit, onChange, onListed, store } = this.#parts;
    emit({ type: "server-listed", server: this.server.id, tools: listing.tools.length });
    this.#tellRemarks(listing);
    onChange(this);
    onListed(this.server, listing, before);
    if (!this.server.isPerSession) void store.save(this.server, listing);
  }

  #tellRemarks(listing: Listing): void {
    this.#parts.remarks.tell(this.server.config, definitionRemarks(this.server.id, listing));
  }
}
