import { randomInt } from "node:crypto";
import { OmgError } from "../runtime/errors.ts";
import type { RequestId } from "../runtime/frame.ts";
import type { Call } from "../session/call.ts";
import type { OpenRequest } from "./open-request.ts";

/** What is in flight on one instance, and for whom. Ids are the gateway's own; they double as progress tokens. */
export class Ledger {
  readonly #requests = new Map<RequestId, OpenRequest>();
  // Nobody can guess the ids of others' calls.
  #lastId = randomInt(2 ** 32);

  get size(): number {
    return this.#requests.size;
  }

  /** The id under which the next request goes up. */
  nextId(): number {
    return ++this.#lastId;
  }

  open(request: OpenRequest): void {
    this.#requests.set(request.id, request);
  }

  get(id: RequestId): OpenRequest | undefined {
    return this.#requests.get(id);
  }

  /** Takes a request out; its id will never be answered again. */
  close(id: RequestId): OpenRequest | undefined {
    const request = this.#requests.get(id);
    this.#requests.delete(id);
    return request;
  }

  /**
   * The call that made the server say something, if there is no doubt: `requestId` tells it (the request whose stream
   * brought the message), or all calls in flight are of one session; then it is the latest of them. `"several"`: more than
   * one session may be the cause.
   */
  cause(requestId?: RequestId): Call | "several" | undefined {
    if (requestId !== undefined) return this.#requests.get(requestId)?.call;
    let cause: Call | undefined;
    for (const { call } of this.#requests.values()) {
      if (!call) continue;
      if (cause && cause.session !== call.session) return "several";
      cause = call;
    }
    return cause;
  }

  /** The open requests of one session. */
  of(session: string): OpenRequest[] {
    return [...this.#requests.values()].filter(({ call }) => call?.session === session);
  }

  /** Everything here has been sent: whether it was executed nobody knows. */
  failAll(why: OmgError): void {
    const error =
      why.executed === "unknown"
        ? why
        : new OmgError(why.reason, { ...why, message: why.message, executed: "unknown" });
    const requests = [...this.#requests.values()];
    this.#requests.clear();
    for (const request of requests) request.fail(error);
  }
}
