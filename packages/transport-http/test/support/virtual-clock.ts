import type { Clock } from "@omg/core";

/** Time that moves only when told. As in the tests of core: what a package builds from must not reach into another. */
export class VirtualClock implements Clock {
  #now = 0;
  #nextId = 0;
  readonly #timers = new Map<number, { at: number; action: () => void }>();

  now(): number {
    return this.#now;
  }

  date(): Date {
    return new Date(this.#now);
  }

  after(ms: number, action: () => void): () => void {
    const id = this.#nextId++;
    this.#timers.set(id, { at: this.#now + Math.max(0, ms), action });
    return () => this.#timers.delete(id);
  }

  /** How many timers are armed. */
  get armed(): number {
    return this.#timers.size;
  }

  /** Moves on, firing timers in their order; what they set off asynchronously has run before the next one. */
  async advance(ms: number): Promise<void> {
    const target = this.#now + ms;
    for (;;) {
      await settle();
      const due = this.#earliest(target);
      if (!due) break;
      this.#fire(due);
    }
    this.#now = target;
    await settle();
  }

  #earliest(until: number): { id: number; at: number } | undefined {
    let best: { id: number; at: number } | undefined;
    for (const [id, { at }] of this.#timers) if (at <= until && (!best || at < best.at)) best = { id, at };
    return best;
  }

  #fire({ id, at }: { id: number; at: number }): void {
    const action = this.#timers.get(id)?.action;
    this.#timers.delete(id);
    this.#now = Math.max(this.#now, at);
    action?.();
  }
}

/** Lets every promise that can settle do so. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => setImmediate(resolve));
}
