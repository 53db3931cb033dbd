import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "../canonical-json.ts";
import type { Clock } from "../clock.ts";
import { OmgError } from "../runtime/errors.ts";
import type { Exchange } from "./exchange.ts";

/** What a state of ours leads back to. */
export interface StateContent {
  /** The held call; empty: there is none, the request just begins anew. */
  readonly call: string;
  /** Which of the call's answers it came with. */
  readonly round: number;
}

/** Milliseconds in which a client must come back. */
export const stateLifetimeMs = 600_000;

/**
 * Makes and checks the `requestState` that the gateway itself hands out. It is sealed with a key that lives as long as the
 * process, and bound to the principal, the endpoint and the request that it was made for.
 */
export class RequestStates {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);
  /** Another gateway's states, one before this process included, are not ours. */
  readonly #prefix = `omg-${randomBytes(6).toString("hex")}.`;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a state claims to be of this gateway: then it is for nobody else, good or not. */
  areOurs(state: string | undefined): state is string {
    return state?.startsWith(this.#prefix) === true;
  }

  seal(exchange: Exchange, { call, round }: StateContent): string {
    const content = JSON.stringify([call, round, this.#clock.now() + stateLifetimeMs]);
    const payload = Buffer.from(content).toString("base64url");
    return `${this.#prefix}${payload}.${this.#mac(payload, exchange).toString("base64url")}`;
  }

  /** Throws `bad_params` for a state that was altered, has expired, or was made for another caller or request. */
  open(state: string, exchange: Exchange): StateContent {
    const [payload = "", mac = ""] = state.slice(this.#prefix.length).split(".");
    const given = Buffer.from(mac, "base64url");
    const expected = this.#mac(payload, exchange);
    // The text is compared too: an encoding that is not ours is an altered one.
    const isIntact = given.length === expected.length && timingSafeEqual(given, expected);
    if (!isIntact || mac !== expected.toString("base64url"))
      throw badState("was altered, or is of another caller or request");
    const [call, round, until] = JSON.parse(Buffer.from(payload, "base64url").toString()) as [
      string,
      number,
      number,
    ];
    if (until <= this.#clock.now()) throw badState("has expired");
    return { call, round };
  }

  #mac(payload: string, { method, options, params }: Exchange): Buffer {
    const { _meta, inputResponses, requestState, ...own } = params;
    const bound = canonicalJson([payload, options.principal, options.server ?? null, method, own]);
    return createHmac("sha256", this.#key).update(bound).digest();
  }
}

/** A request can not go on where its state says. */
export function badState(why: string): OmgError {
  return new OmgError("bad_params", {
    message: `This requestState ${why}. Begin anew, without requestState and inputResponses`,
  });
}
