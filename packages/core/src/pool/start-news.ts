/** What a runtime says of a start under way, for all who wait for it. */
export class StartNews {
  readonly #listeners = new Set<(text: string) => void>();
  #latest: string | undefined;

  /** What was said last; undefined while nothing was. */
  get latest(): string | undefined {
    return this.#latest;
  }

  say(text: string): void {
    this.#latest = text;
    for (const listener of this.#listeners) listener(text);
  }

  /** Hears what is said from now on, until the returned function is called. */
  listen(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The start is over: nothing of it is news to who waits for the next one. */
  clear(): void {
    this.#latest = undefined;
  }
}
