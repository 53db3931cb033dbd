import type { GatewayEvent } from "@omg/core";
import type { ServerId } from "./cast.ts";
import type { Request } from "./request.ts";

type Disturbance = "kill" | "stop" | "absence" | "backoff";

/** Milliseconds in which the gateway still notices what is over. */
const aftermathMs = 500;

/** What is done to servers and when: it decides which failures are to be expected. */
export class Disturbances {
  /** The last moment at which it went on. */
  readonly #until = new Map<string, number>();
  /** How many of a kind go on now. */
  readonly #ongoing = new Map<string, number>();
  /** By server: processes that were killed and are not yet accounted for by an instance that was lost. */
  readonly #kills = new Map<string, number>();

  begin(what: Disturbance, server: string): void {
    add(this.#ongoing, `${what} ${server}`, 1);
    if (what === "kill") add(this.#kills, server, 1);
  }

  end(what: Disturbance, server: string): void {
    add(this.#ongoing, `${what} ${server}`, -1);
    this.#until.set(`${what} ${server}`, performance.now() + aftermathMs);
  }

  /** Follows a server into its backoff and out of it. Returns false if an instance was lost that nobody has killed. */
  follow({ server, from, to }: Extract<GatewayEvent, { type: "server-state" }>): boolean {
    if (to === "backoff") this.begin("backoff", server);
    if (from === "backoff") this.end("backoff", server);
    if (to !== "backoff" && !(from === "stopping" && to === "failed")) return true;
    if (!this.#kills.has(server)) return false;
    add(this.#kills, server, -1);
    return true;
  }

  /** Whether something that was done can be why a request fails for this reason. */
  canCause(reason: string, { options: { server }, sentAt, withdrawn }: Request): boolean {
    if (reason === "cancelled") return withdrawn !== undefined;
    // It may have come after the end of its session.
    if (reason === "invalid_request") return withdrawn === "left";
    // What is for all servers fails for none.
    if (server === undefined) return false;
    return (causes[reason] ?? []).some((what) => this.#hasBeen(what, server, sentAt));
  }

  #hasBeen(what: Disturbance, server: ServerId, since: number): boolean {
    const name = `${what} ${server}`;
    return this.#ongoing.has(name) || (this.#until.get(name) ?? 0) >= since;
  }
}

const causes: Readonly<Record<string, readonly Disturbance[]>> = {
  upstream_closed: ["kill", "stop"],
  upstream_start_failed: ["kill"],
  upstream_backoff: ["backoff"],
  unknown_tool: ["absence"],
  server_unknown: ["absence"],
};

function add(counts: Map<string, number>, name: string, number: number): void {
  const sum = (counts.get(name) ?? 0) + number;
  if (sum > 0) counts.set(name, sum);
  else counts.delete(name);
}
