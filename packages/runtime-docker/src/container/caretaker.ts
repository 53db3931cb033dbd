import { unless } from "@omg/core/runtime";
import type { Engine } from "../engine/engine.ts";
import { instanceLabel, ofOwner, serverLabel } from "./labels.ts";

/** Milliseconds from a doubt to the first look, and from look to look: an engine may do late what it was asked to. */
const looksMs = [0, 5_000, 55_000];
/** The same for one who leaves. */
const lastLooksMs = [0, 2_000];
const retryMs = 1_000;
const lastTries = 3;

/** A container that could not be removed. */
interface Leftover {
  readonly server: string | undefined;
  /** An `EngineFailure`. */
  readonly why: unknown;
}

export interface CaretakerOptions {
  readonly engine: Engine;
  readonly owner: string;
  /** The instances whose containers are wanted. Shared by all caretakers: two addresses may lead to one engine. */
  readonly wanted: Set<string>;
}

/**
 * Sees to it that of the containers an owner has on an engine only those live that somebody wants. Whoever does not know
 * whether one was made or removed says so (`doubt`), and all are looked through until that is certain.
 */
export class Caretaker {
  readonly engine: Engine;
  readonly owner: string;
  readonly #wanted: Set<string>;
  /** Of the next look, or of one under way; there is one as long as there is a doubt. */
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<unknown> | undefined;
  #nextLook: Promise<Leftover[]> | undefined;

  constructor({ engine, owner, wanted }: CaretakerOptions) {
    this.engine = engine;
    this.owner = owner;
    this.#wanted = wanted;
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
    this.#schedule(looksMs);
  }

  /** Resolves once nothing unwanted of a server is left, if there is a doubt. Rejects with an `EngineFailure`, or as the signal says. */
  async settle(server: string, signal: AbortSignal): Promise<void> {
    if (this.#timer === undefined) return;
    const leftovers = await unless(signal, this.#look());
    const own = leftovers.find((left) => left.server === server);
    if (own) throw own.why;
  }

  /** Leaves nothing. Rejects with an `EngineFailure` when something may be left. */
  async leave(): Promise<void> {
    if (this.#timer === undefined) return;
    this.#schedule([]);
    for (const ms of lastLooksMs) {
      await pause(ms);
      await this.#lookForTheLastTime();
    }
  }

  #schedule([ms, ...later]: readonly number[]): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (ms === undefined) return;
    const look = async () => {
      const isDone = await this.#look().then(
        (leftovers) => leftovers.length === 0,
        () => false,
      );
      // A doubt that came meanwhile has looks of its own.
      if (this.#timer === timer) this.#schedule(isDone ? later : [retryMs, ...later]);
    };
    const timer = setTimeout(look, ms).unref();
    this.#timer = timer;
  }

  async #lookForTheLastTime(): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        const [left] = await this.#look();
        if (!left) return;
        throw left.why;
      } catch (error) {
        if (tries === lastTries) throw error;
        await pause(retryMs);
      }
    }
  }

  /** A look that is under way may have begun too early; all who want one meanwhile share the next. */
  #look(): Promise<Leftover[]> {
    this.#nextLook ??= this.#lookAfter(this.#looking);
    return this.#nextLook;
  }

  async #lookAfter(earlier: Promise<unknown> | undefined): Promise<Leftover[]> {
    await earlier;
    this.#nextLook = undefined;
    const look = this.#removeUnwanted();
    this.#looking = look.then(
      () => {},
      () => {},
    );
    return look;
  }

  async #removeUnwanted(): Promise<Leftover[]> {
    const found = await this.engine.list(ofOwner(this.owner));
    const unwanted = found.filter(({ labels }) => !this.#wanted.has(labels[instanceLabel] ?? ""));
    const tried = unwanted.map(({ id, labels }) =>
      this.engine.remove(id).then(
        () => undefined,
        (why: unknown) => ({ server: labels[serverLabel], why }),
      ),
    );
    return (await Promise.all(tried)).filter((left) => left !== undefined);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
