import type { Json } from "./test-client.ts";

interface Heard {
  readonly method: string;
  readonly params: Json;
}

/** The notifications that a client has heard. */
export class Notices {
  readonly #heard: Heard[] = [];
  readonly #listeners = new Set<() => void>();

  add(method: string, params: Json = {}): void {
    this.#heard.push({ method, params });
    for (const listener of this.#listeners) listener();
  }

  /** Every notification so far of a method whose parameters hold a text. */
  heard(method: string, text = ""): Json[] {
    return this.#heard
      .filter((one) => one.method === method && JSON.stringify(one.params).includes(text))
      .map(({ params }) => params);
  }

  /** Resolves with such a notification, which came or will come. */
  async hears(method: string, text = ""): Promise<Json> {
    await this.#until(() => this.heard(method, text).length > 0);
    return this.heard(method, text)[0] as Json;
  }

  /** Resolves when more notifications of a method have come than there were before. */
  hearsMore(method: string, before: number): Promise<void> {
    return this.#until(() => this.heard(method).length > before);
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.#listeners.delete(look);
        resolve();
      };
      this.#listeners.add(look);
      look();
    });
  }
}
