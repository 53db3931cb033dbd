import assert from "node:assert/strict";
import { textOf } from "../support/answers.ts";
import type { Front } from "../support/fronts/front.ts";
import { withRoom } from "./room.ts";

const pauseMs = 50;
/** What one evil server could do to another is to make it wait for seconds. */
const longestMs = 1000;

/** Calls the honest server all the time, through the same gateway and client. */
export class Bystander implements AsyncDisposable {
  readonly #front: Front;
  readonly #ending = new AbortController();
  #slowestMs = 0;
  #calls = 0;
  #fault: unknown;
  #running: Promise<void> | undefined;

  private constructor(front: Front) {
    this.#front = front;
  }

  /** Resolves after its first call. */
  static async beside(front: Front): Promise<Bystander> {
    const bystander = new Bystander(front);
    await bystander.#call();
    bystander.#slowestMs = 0;
    bystander.#running = bystander.#run();
    return bystander;
  }

  mustBeWell(): void {
    assert.equal(this.#fault, undefined, `another server's calls failed: ${this.#fault}`);
    assert.ok(
      this.#slowestMs < withRoom(longestMs),
      `another server's calls took ${Math.round(this.#slowestMs)} ms`,
    );
  }

  async #run(): Promise<void> {
    while (!this.#ending.signal.aborted) {
      await this.#call().catch((error: unknown) => {
        this.#fault ??= error;
        this.#ending.abort();
      });
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #call(): Promise<void> {
    const text = `bystander ${++this.#calls}`;
    const start = performance.now();
    const answer = await this.#front.request("tools/call", { name: "good__echo", arguments: { text } });
    assert.equal(textOf(answer), text);
    this.#slowestMs = Math.max(this.#slowestMs, performance.now() - start);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }
}
