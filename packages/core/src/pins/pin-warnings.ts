import type { GatewayListener } from "../gateway/events.ts";
import type { Listing } from "../router/listing.ts";
import { quoted, someOf } from "../visible-text.ts";
import { differences, type ToolChange } from "./differences.ts";
import { adviceFor, nothingPinned } from "./pin-errors.ts";
import { pinsOf } from "./tool-pins.ts";
import type { PinRule } from "./types.ts";

/** Says when a server's tools are not what they were: once for each state that they are in. */
export class PinWarnings {
  readonly #emit: GatewayListener;
  /** What was said last of each server whose tools differ. */
  readonly #said = new Map<string, string>();

  constructor(emit: GatewayListener) {
    this.#emit = emit;
  }

  /** A server has listed its tools. Without pins they are compared with what it listed `before`. */
  listed(server: string, rule: PinRule, listing: Listing, before?: Listing): void {
    const found = rule.policy === "off" ? undefined : findingOf(server, rule, listing, before);
    if (found === undefined) this.#said.delete(server);
    else if (this.#said.get(server) !== found.state) {
      this.#said.set(server, found.state);
      this.#emit({ type: "server-warning", server, message: found.message });
    }
  }

  /** Servers that are gone are forgotten. */
  keep(servers: ReadonlyMap<string, unknown>): void {
    for (const server of this.#said.keys()) if (!servers.has(server)) this.#said.delete(server);
  }
}

interface Finding {
  /** Equal while nothing new has happened. */
  readonly state: string;
  readonly message: string;
}

function findingOf(
  server: string,
  { policy, pinned }: PinRule,
  listing: Listing,
  before: Listing | undefined,
): Finding | undefined {
  if (pinned) {
    const changes = differences(pinned, pinsOf(listing.tools));
    const end = policy === "block" ? ` What differs can not be used.` : "";
    const what = `Tools of server '${server}' differ from their pins: ${textOf(changes)}.${end}`;
    return finding(changes, `${what} To look and decide, ${adviceFor(server)}`);
  }
  if (policy === "block") return { state: "unpinned", message: nothingPinned(server) };
  // Servers may add and remove tools as they go; only a name that means something else now is suspicious.
  const isOther = before !== undefined && before !== listing;
  const changes = isOther
    ? differences(pinsOf(before.tools), pinsOf(listing.tools)).filter(({ old, now }) => old && now)
    : [];
  const what = `Server '${server}' has changed its tools since it was last asked: ${textOf(changes)}.`;
  return finding(
    changes,
    `${what} To look, see: omg pin --diff ${server}; to be safe from this: omg pin ${server}`,
  );
}

function finding(changes: readonly ToolChange[], message: string): Finding | undefined {
  if (changes.length === 0) return undefined;
  return { state: JSON.stringify(changes.map(({ name, now }) => [name, now?.hash])), message };
}

function textOf(changes: readonly ToolChange[]): string {
  const parts = [
    ["changed", changes.filter(({ old, now }) => old && now)],
    ["new", changes.filter(({ old }) => !old)],
    ["gone", changes.filter(({ now }) => !now)],
  ] as const;
  return parts
    .filter(([, some]) => some.length > 0)
    .map(([word, some]) => `${word} ${someOf(names(some), " ")}`)
    .join(", ");
}

function names(changes: readonly ToolChange[]): string[] {
  return changes.map(({ name }) => quoted(name));
}
