import type { Clock } from "../clock.ts";
import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import { fetchListing, type Listing, type ListKind, listKinds } from "./listing.ts";

interface Entry {
  listing?: Listing;
  fetching?: Promise<Listing> | undefined;
  /** It was asked once: nobody waits for it again. */
  tried: boolean;
}

/**
 * Remembers what servers offer, so that listings need no running server. A server never asked before is started in
 * the background; a listing of a session-scoped server belongs to that session alone.
 */
export class ListingMemory {
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #emit: GatewayListener;
  readonly #onChange: () => void;
  readonly #entries = new Map<string, Entry>();
  #version = 0;

  /** `onChange` is called when a listing is known for the first time or differs from before. */
  constructor(clock: Clock, waitMs: number, emit: GatewayListener, onChange: () => void) {
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#emit = emit;
    this.#onChange = onChange;
  }

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  get(server: PooledServer, session: string): Listing | undefined {
    return this.#entries.get(keyOf(server, session))?.listing;
  }

  /** The listing, from the server itself if it is not known yet. */
  async learn(server: PooledServer, session: string): Promise<Listing> {
    const entry = this.#entry(server, session);
    return entry.listing ?? entry.fetching ?? this.#fetch(entry, server, session);
  }

  /** Asks the servers that are not known yet; waits for those never asked before, but not for long. */
  async learnAll(servers: readonly PooledServer[], session: string): Promise<void> {
    const waiting: Promise<unknown>[] = [];
    for (const server of servers) {
      const entry = this.#entry(server, session);
      if (entry.listing || server.state === "disabled" || server.state === "backoff") continue;
      const first = !entry.tried;
      const learned = this.learn(server, session).catch(() => {});
      if (first) waiting.push(learned);
      entry.tried = true;
    }
    if (waiting.length === 0) return;
    let stopTimer = () => {};
    const patience = new Promise<void>((resolve) => {
      stopTimer = this.#clock.after(this.#waitMs, resolve);
    });
    await Promise.race([Promise.all(waiting), patience]);
    stopTimer();
  }

  /** Asks a running server anew, if anybody ever wanted its listing. */
  refresh(server: PooledServer, session: string): void {
    const entry = this.#entries.get(keyOf(server, session));
    if (entry?.listing && !entry.fetching) this.#fetch(entry, server, session).catch(() => {});
  }

  forgetSession(session: string): void {
    for (const key of this.#entries.keys()) if (key.endsWith(`\0${session}`)) this.#entries.delete(key);
  }

  #entry(server: PooledServer, session: string): Entry {
    const key = keyOf(server, session);
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { tried: false };
      this.#entries.set(key, entry);
    }
    return entry;
  }

  #fetch(entry: Entry, server: PooledServer, session: string): Promise<Listing> {
    const warn = (message: string) => this.#emit({ type: "server-warning", server: server.id, message });
    const fetching = server
      .use(session, (instance) => fetchListing(server.id, instance, warn))
      .then((listing) => {
        const changed = !entry.listing || !sameListing(entry.listing, listing);
        entry.listing = listing;
        if (changed) {
          this.#version++;
          this.#emit({ type: "server-listed", server: server.id, tools: listing.tools.length });
          this.#onChange();
        }
        return listing;
      })
      .finally(() => {
        entry.fetching = undefined;
      });
    entry.fetching = fetching;
    return fetching;
  }
}

function keyOf(server: PooledServer, session: string): string {
  return `${server.id}\0${server.config.scope === "session" ? session : ""}`;
}

function sameListing(a: Listing, b: Listing): boolean {
  return (Object.keys(listKinds) as ListKind[]).every(
    (kind) =>
      a[kind].length === b[kind].length &&
      a[kind].every((item, index) => item.bytes.equals((b[kind][index] as typeof item).bytes)),
  );
}
