/** What became of calls, by keys that clients give them. */
export class Calls {
  readonly #notes = new Map<string, PromiseWithResolvers<void>>();

  /** Ends when the call is released, and when it is cancelled. */
  async hold(key: string, signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.note("cancelled", key), { once: true });
    this.note("held", key);
    await Promise.race([this.was("released", key), this.was("cancelled", key)]);
  }

  note(what: string, key: string): void {
    this.#note(what, key).resolve();
  }

  /** Resolves when it is so. */
  was(what: string, key: string): Promise<void> {
    return this.#note(what, key).promise;
  }

  #note(what: string, key: string): PromiseWithResolvers<void> {
    const name = `${what} ${key}`;
    const note = this.#notes.get(name) ?? Promise.withResolvers<void>();
    this.#notes.set(name, note);
    return note;
  }
}
