/** One line of what an engine tells of a pull. */
export interface PullEvent {
  /** Why the pull has failed. */
  readonly error?: string;
  /** The layer. */
  readonly id?: string;
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
}

interface Layer {
  current: number;
  total: number;
}

const finished = /^(?:Download complete|Pull complete|Already exists|Verifying Checksum|Extracting)$/;

/** Makes one figure for the whole image of what an engine tells of each layer, and says it when it has grown. */
export class PullProgress {
  readonly #reference: string;
  readonly #tell: (message: string) => void;
  readonly #layers = new Map<string, Layer>();
  #percent = -1;

  constructor(reference: string, tell: (message: string) => void) {
    this.#reference = reference;
    this.#tell = tell;
  }

  take({ id, status = "", progressDetail = {} }: PullEvent): void {
    if (this.#percent < 0) this.#say(0);
    if (id === undefined) return;
    const layer = this.#layers.get(id) ?? { current: 0, total: 0 };
    this.#layers.set(id, layer);
    if (status === "Downloading") {
      layer.total = progressDetail.total ?? layer.total;
      layer.current = progressDetail.current ?? layer.current;
    } else if (finished.test(status)) layer.current = layer.total;
    this.#sum();
  }

  #sum(): void {
    let current = 0;
    let total = 0;
    for (const layer of this.#layers.values()) {
      current += layer.current;
      total += layer.total;
    }
    // Layers that are not begun have no size yet: the figure may stand still, but never falls.
    const percent = total === 0 ? 0 : Math.floor((100 * current) / total);
    if (percent > this.#percent) this.#say(percent);
  }

  #say(percent: number): void {
    this.#percent = percent;
    this.#tell(`pulling ${this.#reference}: ${percent} %`);
  }
}
