import assert from "node:assert/strict";
import type { Front } from "../support/fronts/front.ts";
import type { Message } from "../support/message.ts";

/** A client that remembers what no client may see, whatever a server does. */
export class Witness implements Front {
  readonly #front: Front;
  #unanswered = 0;
  readonly #faults: string[] = [];

  constructor(front: Front) {
    this.#front = front;
  }

  get heard(): readonly Message[] {
    return this.#front.heard;
  }

  async request(method: string, params?: object, signal?: AbortSignal): Promise<Message> {
    this.#unanswered++;
    try {
      const answer = await this.#front.request(method, params, signal);
      if (isInternal(answer)) this.#faults.push(JSON.stringify(answer));
      return answer;
    } finally {
      this.#unanswered--;
    }
  }

  /** Every request has one answer, and none tells of a fault of the gateway. */
  mustBeWell(): void {
    assert.deepEqual(this.#faults, [], "a client saw a fault of the gateway");
    assert.equal(this.#unanswered, 0, "requests without an answer");
    const extra = this.heard.filter(({ method }) => method === undefined);
    assert.deepEqual(extra, [], "answers to nothing, or second ones");
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#front[Symbol.asyncDispose]();
  }
}

function isInternal({ error }: Message): boolean {
  const { code, data } = (error ?? {}) as { code?: unknown; data?: { reason?: unknown } };
  return code === -32603 || data?.reason === "internal";
}
