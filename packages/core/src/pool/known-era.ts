import type { Clock } from "../clock.ts";
import type { Era } from "../era.ts";
import type { GatewayListener } from "../gateway/events.ts";
import type { StateStore } from "../runtime/v1.ts";

export interface KnownEraOptions {
  readonly store: StateStore;
  /** Of the server's entry: another entry may mean another server. */
  readonly fingerprint: string;
  readonly clock: Clock;
  readonly emit: GatewayListener;
}

/** Longest wait for the store. */
const recallMs = 1000;

/** Remembers in which era a server speaks that speaks in another than is tried first, so that only its first start finds out. */
export class KnownEra {
  readonly #options: KnownEraOptions;
  #era: Era | undefined;
  #recalled: Promise<void> | undefined;

  constructor(options: KnownEraOptions) {
    this.#options = options;
  }

  /** What is remembered, if anything. Never rejects. */
  async recall(): Promise<Era | undefined> {
    this.#recalled ??= this.#recall();
    await this.#recalled;
    return this.#era;
  }

  /** The server speaks in this era; undefined: there is nothing to remember, or what was remembered is in doubt. */
  note(era: Era | undefined): void {
    if (era === this.#era) return;
    this.#era = era;
    const { store, emit } = this.#options;
    const done = era === undefined ? store.delete(this.#key) : store.set(this.#key, era);
    done.catch((error) => emit({ type: "store-failed", error }));
  }

  /** No name of a runtime has a dot, so this is no part of a store that belongs to one. */
  get #key(): string {
    return `core.eras/${this.#options.fingerprint}`;
  }

  #recall(): Promise<void> {
    const { store, clock, emit } = this.#options;
    return new Promise((resolve) => {
      const stopTimer = clock.after(recallMs, resolve);
      store
        .get(this.#key)
        .then(
          (era) => {
            if (era === "legacy" || era === "modern") this.#era ??= era;
          },
          (error: unknown) => emit({ type: "store-failed", error }),
        )
        .finally(() => {
          stopTimer();
          resolve();
        });
    });
  }
}
