import type { Clock } from "../clock.ts";
import type { GatewayConfig } from "../config/types.ts";
import { Pins } from "../pins/pins.ts";
import { ToolGuard } from "../pins/tool-guard.ts";
import { pinsOf } from "../pins/tool-pins.ts";
import type { ServerPins } from "../pins/types.ts";
import type { PooledServer } from "../pool/server.ts";
import { Catalog } from "../router/catalog.ts";
import { ListingMemory } from "../router/listing-memory.ts";
import type { StateStore } from "../runtime/v1.ts";
import type { GatewayListener } from "./events.ts";
import type { ServerStatus } from "./types.ts";

export interface OffersOptions {
  readonly config: GatewayConfig;
  readonly clock: Clock;
  readonly store: StateStore;
  readonly emit: GatewayListener;
  /** Callers that may wait for one server's list. */
  readonly maxWaiters: number;
  /** Lists of a session, or of all if it is empty, may be others now. */
  readonly onChange: (session: string) => void;
}

/** What the servers offer: remembered, compared with its pins, and together in the catalog. */
export class Offers {
  readonly catalog: Catalog;
  readonly memory: ListingMemory;
  readonly guard: ToolGuard;
  readonly #pins: Pins;

  constructor({ config, onChange, ...settings }: OffersOptions) {
    const { emit } = settings;
    this.#pins = new Pins(emit);
    this.memory = new ListingMemory({
      ...settings,
      waitMs: (config.listing_wait_seconds ?? 3) * 1000,
      onChange: (session) => {
        this.catalog.changed();
        onChange(session);
      },
      onListed: ({ id }, listing, before) => this.#pins.listed(id, listing, before),
    });
    this.guard = new ToolGuard(this.#pins, this.memory);
    this.catalog = new Catalog(this.memory, this.#pins, emit);
  }

  /** Takes the pins of a configuration, ahead of its servers; `inUse`: those there are until then. */
  takePins(config: GatewayConfig, inUse: readonly PooledServer[]): void {
    this.#pins.apply(
      config,
      inUse.map(({ id }) => id),
    );
  }

  /** Other pins have come: what is known of servers may not match them. */
  compare(): void {
    for (const server of this.catalog.servers) {
      const listing = this.memory.get(server, "");
      if (listing) this.#pins.listed(server.id, listing, listing);
    }
  }

  status(server: PooledServer): ServerStatus {
    const status = server.status();
    const listing = this.memory.get(server, "");
    const problem = status.problem ?? this.#pins.complaint(server.id, listing);
    return { ...status, problem, blockedTools: this.#pins.blocked(server.id, listing).size };
  }

  /** How many tools a shared server has, by itself. */
  async countTools(server: PooledServer): Promise<number> {
    server.mustBeShared();
    return (await this.memory.learnAnew(server, "")).tools.length;
  }

  /** The pins of a server's tools as they are now. Rejects with `upstream_protocol_error` when it refuses to list them. */
  async pinsNow(server: PooledServer, session: string): Promise<ServerPins> {
    const { tools } = await this.memory.learnAnew(server, session);
    const refusal = this.memory.toolsRefused(server, session);
    if (refusal) throw refusal;
    return pinsOf(tools);
  }
}
