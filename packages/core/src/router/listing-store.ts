import type { GatewayListener } from "../gateway/events.ts";
import type { PooledServer } from "../pool/server.ts";
import type { StateStore } from "../runtime/v1.ts";
import { type Listing, parseListing, serializeListing } from "./listing.ts";

/** Listings of shared servers that outlive the process, under the fingerprints of the servers. Never rejects. */
export class ListingStore {
  readonly #store: StateStore;
  readonly #emit: GatewayListener;

  constructor(store: StateStore, emit: GatewayListener) {
    this.#store = store;
    this.#emit = emit;
  }

  async load(server: PooledServer): Promise<Listing | undefined> {
    try {
      return parseListing((await this.#store.get(keyOf(server))) ?? "");
    } catch (error) {
      this.#emit({ type: "store-failed", error });
      return undefined;
    }
  }

  async save(server: PooledServer, listing: Listing): Promise<void> {
    try {
      await this.#store.set(keyOf(server), serializeListing(listing));
    } catch (error) {
      this.#emit({ type: "store-failed", error });
    }
  }
}

/** No name of a runtime has a dot, so this is no part of a store that belongs to one. */
function keyOf(server: PooledServer): string {
  return `core.listings/${server.fingerprint}`;
}
