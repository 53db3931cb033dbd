import { randomInt } from "node:crypto";
import type { Clock } from "../clock.ts";
import { RequestTable } from "../request-table.ts";
import type { OmgError } from "../runtime/errors.ts";
import type { RequestId } from "../runtime/frame.ts";
import type { Call } from "../session/call.ts";
import { afterSending } from "./executed.ts";
import type { OpenRequest } from "./open-request.ts";

/**
 * Milliseconds in which a server may still speak for the sake of a call that was given up: a server that was told takes a
 * moment to stop; one that was too slow to answer may be slow in everything.
 */
const cancelledLingerMs = 5_000;
const lateLingerMs = 30_000;

/** What is in flight on one instance, and for whom. Ids are the gateway's own; they double as progress tokens. */
export class Ledger {
  readonly #requests = new RequestTable<OpenRequest>();
  /** The sessions of calls that were given up, by the calls' ids: the server may not know yet, or go on regardless. */
  readonly #givenUp = new Map<RequestId, { readonly session: string; readonly until: number }>();
  readonly #clock: Clock;
  // Nobody can guess the ids of others' calls. Far below 2^31: V8 keeps larger numbers as objects, which take longer to write.
  #lastId = randomInt(2 ** 30);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#requests.size;
  }

  /** The id under which the next request goes up. */
  nextId(): number {
    return ++this.#lastId;
  }

  open(request: OpenRequest): void {
    this.#requests.add(request.id, request);
  }

  get(id: RequestId): OpenRequest | undefined {
    return this.#requests.get(id);
  }

  /** Takes a request out; its id will never be answered again. */
  close(id: RequestId): OpenRequest | undefined {
    const request = this.#requests.take(id);
    // Once it is answered, nothing more is said for its sake.
    if (!request) this.#givenUp.delete(id);
    return request;
  }

  /** Takes out a request that nobody waits for any more, though the server may still be at it. */
  giveUp(id: RequestId, { reason }: OmgError): void {
    const call = this.close(id)?.call;
    this.#forgetLongGivenUp();
    const lingerMs = reason === "cancelled" ? cancelledLingerMs : lateLingerMs;
    if (call) this.#givenUp.set(id, { session: call.session, until: this.#clock.now() + lingerMs });
  }

  /**
   * The call that made the server say something, if there is no doubt: `requestId` tells it (the request whose stream
   * brought the message), or all calls in flight are of one session, those included that were given up a moment ago; then it
   * is the latest of them. `"several"`: more than one session may be the cause.
   */
  cause(requestId?: RequestId): Call | "several" | undefined {
    if (requestId !== undefined) return this.#requests.get(requestId)?.call;
    let cause: Call | undefined;
    let latest = 0;
    for (const { id, call } of this.#requests.values()) {
      if (!call) continue;
      if (cause && cause.session !== call.session) return "several";
      if (id > latest) [cause, latest] = [call, id];
    }
    this.#forgetLongGivenUp();
    for (const { session } of this.#givenUp.values())
      if (cause && session !== cause.session) return "several";
    return cause;
  }

  /** The call of a session that waits for a task's result, if there is one. */
  callFor(taskId: string | undefined, session: string): Call | undefined {
    return this.of(session).find(({ method, call, taskId: own = call?.frame.head.taskId }) => {
      return method === "tasks/result" && own === taskId;
    })?.call;
  }

  /** The open requests of one session. */
  of(session: string): OpenRequest[] {
    return this.#requests.values().filter(({ call }) => call?.session === session);
  }

  failAll(why: OmgError): void {
    const error = afterSending(why);
    const requests = this.#requests.values();
    this.#requests.clear();
    for (const request of requests) request.fail(error);
  }

  #forgetLongGivenUp(): void {
    const now = this.#clock.now();
    for (const [id, { until }] of this.#givenUp) if (until <= now) this.#givenUp.delete(id);
  }
}
