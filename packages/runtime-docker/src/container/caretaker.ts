import type { Engine } from "../engine/engine.ts";
import { instanceLabel, ofOwner } from "./labels.ts";

/** Milliseconds after a doubt at which it is looked again: an engine may do late what it was asked to. */
const looksMs = [0, 5_000, 60_000];
const retryMs = 1_000;
const leaveTries = 3;

/**
 * Sees to it that of the containers an owner has on an engine only those live that somebody wants. Whoever does not know
 * whether one was made or removed says so (`doubt`), and all are looked through until that is certain.
 */
export class Caretaker {
  readonly #engine: Engine;
  readonly #owner: string;
  readonly #wanted = new Set<string>();
  #looks: number[] = [];
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(engine: Engine, owner: string) {
    this.#engine = engine;
    this.#owner = owner;
  }

  /** From before it is made until it is surely gone, the container of an instance is wanted. */
  want(instanceId: string): void {
    this.#wanted.add(instanceId);
  }

  unwant(instanceId: string): void {
    this.#wanted.delete(instanceId);
  }

  /** A container may be there that nobody wants. */
  doubt(): void {
    this.#looks = [...looksMs];
    this.#schedule(this.#looks.shift());
  }

  /** Resolves once there is no doubt that has not been looked into. Rejects with an `EngineFailure`. */
  async settle(): Promise<void> {
    if (this.#timer !== undefined || this.#looking) await this.#look();
  }

  /** Leaves nothing. Rejects with an `EngineFailure` when something may be left. */
  async leave(): Promise<void> {
    const isInDoubt = this.#timer !== undefined || this.#looking !== undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#looks = [];
    if (!isInDoubt) return;
    for (let tries = 1; ; tries++) {
      try {
        return await this.#look();
      } catch (error) {
        if (tries === leaveTries) throw error;
      }
    }
  }

  #schedule(ms: number | undefined): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (ms === undefined) return;
    this.#timer = setTimeout(() => {
      this.#look().then(
        () => this.#schedule(this.#looks.shift()),
        () => this.#schedule(retryMs),
      );
    }, ms).unref();
  }

  #look(): Promise<void> {
    this.#looking ??= this.#removeUnwanted().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #removeUnwanted(): Promise<void> {
    const found = await this.#engine.list(ofOwner(this.#owner));
    const unwanted = found.filter(({ labels }) => !this.#wanted.has(labels[instanceLabel] ?? ""));
    await Promise.all(unwanted.map(({ id }) => this.#engine.remove(id)));
  }
}
