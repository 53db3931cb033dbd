import type { RequestId } from "./runtime/frame.ts";

/**
 * What is in flight, by id: few at a time, and many one after the other. Not a `Map`: one that entries come to and go from
 * leaves an old table behind every few entries, and once one of those has grown old, all that it held stays alive until the
 * engine collects everything. That took a small call 7 µs, and the process 80 MB.
 */
export class RequestTable<Entry> {
  readonly #ids: RequestId[] = [];
  readonly #entries: Entry[] = [];

  /** How many are in it. */
  get size(): number {
    return this.#ids.length;
  }

  /** Whether this very id is in it: 1 is not "1". */
  has(id: RequestId): boolean {
    return this.#ids.includes(id);
  }

  /** The entry of an id. */
  get(id: RequestId): Entry | undefined {
    return this.#entries[this.#ids.indexOf(id)];
  }

  /** Adds an entry under an id that is not in it yet. */
  add(id: RequestId, entry: Entry): void {
    this.#ids.push(id);
    this.#entries.push(entry);
  }

  /** Takes an entry out and gives it. */
  take(id: RequestId): Entry | undefined {
    const index = this.#ids.indexOf(id);
    if (index === -1) return undefined;
    const entry = this.#entries[index];
    const lastId = this.#ids.pop() as RequestId;
    const lastEntry = this.#entries.pop() as Entry;
    if (index < this.#ids.length) {
      this.#ids[index] = lastId;
      this.#entries[index] = lastEntry;
    }
    return entry;
  }

  /** All entries as they are now, in no order, with their ids. */
  entries(): [id: RequestId, entry: Entry][] {
    return this.#ids.map((id, index) => [id, this.#entries[index] as Entry]);
  }

  /** All entries as they are now, in no order. */
  values(): Entry[] {
    return [...this.#entries];
  }

  /** Takes all of them out. */
  clear(): void {
    this.#ids.length = 0;
    this.#entries.length = 0;
  }
}
