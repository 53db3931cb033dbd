import type { GatewayConfig } from "../config/types.ts";
import type { GatewayListener } from "../gateway/events.ts";
import { type Listing, toolOf } from "../router/listing.ts";
import type { ListedItem } from "../runtime/json-items.ts";
import { nothingPinned, nothingPinnedError, toolChangedError } from "./pin-errors.ts";
import { PinWarnings } from "./pin-warnings.ts";
import { pinOf } from "./tool-pins.ts";
import type { PinRule } from "./types.ts";

/** A listing as far as its tools may be used. */
interface Allowed {
  readonly listing: Listing;
  /** Names of the tools that are left out. */
  readonly blocked: ReadonlySet<string>;
}

const defaultRule: PinRule = { policy: "warn" };
const none: ReadonlySet<string> = new Set();

/** Which tools of which servers may be used, by the pins and policies of the configuration. */
export class Pins {
  #rules: ReadonlyMap<string, PinRule> = new Map();
  /** Servers of which only what is pinned may be used. */
  #guarded: ReadonlySet<string> = none;
  #lockProblem: string | undefined;
  #allowed = new WeakMap<Listing, Allowed>();
  readonly #warnings: PinWarnings;

  constructor(emit: GatewayListener) {
    this.#warnings = new PinWarnings(emit);
  }

  /**
   * Takes over the pins of a configuration. An entry that can not be read keeps the policy it had, and so does one that
   * is gone, as long as its server is among those `inUse`: calls that were begun go on.
   */
  apply({ servers, pins, lock }: GatewayConfig, inUse: Iterable<string> = []): void {
    const rules = new Map<string, PinRule>();
    for (const { id, problem, pins: own } of servers) {
      const before = problem === undefined ? undefined : this.#rules.get(id)?.policy;
      const policy = own ?? before ?? pins ?? defaultRule.policy;
      rules.set(id, { policy, pinned: lock?.servers.get(id) });
    }
    for (const id of inUse) if (!rules.has(id)) rules.set(id, this.#rule(id));
    this.#rules = rules;
    this.#guarded = new Set([...rules].filter(([, { policy }]) => policy === "block").map(([id]) => id));
    this.#lockProblem = lock?.problem;
    this.#allowed = new WeakMap();
    this.#warnings.keep(rules);
  }

  /** A server has listed its tools, or other pins have come: warns if they differ. Without pins `before` is what counts. */
  listed(server: string, listing: Listing, before?: Listing): void {
    this.#warnings.listed(server, this.#rule(server), listing, before);
  }

  /** Whether only pinned tools of a server may be used. */
  guards(server: string): boolean {
    return this.#guarded.has(server);
  }

  /** Why a server can not be used at all. */
  problem(server: string): string | undefined {
    return this.#lockProblem !== undefined && this.guards(server) ? this.#lockProblem : undefined;
  }

  /** Why some of a server's tools can not be used, as far as it is known what it offers. */
  complaint(server: string, listing: Listing | undefined): string | undefined {
    if (!this.guards(server)) return undefined;
    if (!this.#rule(server).pinned) return nothingPinned(server);
    const { size } = this.blocked(server, listing);
    if (size === 0) return undefined;
    const what = size === 1 ? "1 of its tools is" : `${size} of its tools are`;
    return `${what} not as pinned and can not be used; see: omg pin --diff ${server}`;
  }

  /** The listing without tools that may not be used; the same one if all may be. */
  visible(server: string, listing: Listing): Listing {
    return this.guards(server) ? this.#judge(server, listing).listing : listing;
  }

  /** Names of the tools that may not be used. */
  blocked(server: string, listing: Listing | undefined): ReadonlySet<string> {
    return listing && this.guards(server) ? this.#judge(server, listing).blocked : none;
  }

  /** Whether a tool may be used as its server defines it. */
  allows(server: string, tool: ListedItem): boolean {
    if (!this.guards(server)) return true;
    return this.#rule(server).pinned?.get(tool.key)?.hash === pinOf(tool).hash;
  }

  /** Throws `tool_definition_changed` unless a tool of this name may be used. */
  mustAllow(server: string, name: string, listing: Listing | undefined): void {
    if (!this.guards(server)) return;
    const tool = listing && toolOf(listing, name);
    if (tool && this.allows(server, tool)) return;
    const { pinned } = this.#rule(server);
    const now = tool && pinOf(tool);
    if (!pinned) throw nothingPinnedError(server, { name, now });
    throw toolChangedError(server, { name, old: pinned.get(name), now });
  }

  #rule(server: string): PinRule {
    return this.#rules.get(server) ?? defaultRule;
  }

  #judge(server: string, listing: Listing): Allowed {
    let allowed = this.#allowed.get(listing);
    if (!allowed) {
      const refused = listing.tools.filter((tool) => !this.allows(server, tool));
      const blocked = new Set(refused.map(({ key }) => key));
      const tools = listing.tools.filter(({ key }) => !blocked.has(key));
      allowed = { blocked, listing: blocked.size === 0 ? listing : { ...listing, tools } };
      this.#allowed.set(listing, allowed);
    }
    return allowed;
  }
}
