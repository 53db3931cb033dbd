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
  /** Whether its size is known, or does not matter any more. */
  isBegun: boolean;
}

const finished = /^(?:Download complete|Pull complete|Already exists|Verifying Checksum|Extracting)$/;
/** The tag, which has an id as layers do. */
const ofNoLayer = /^Pulling from /;

/** Makes one figure for the whole image of what an engine tells of each layer, and says it when it has grown. */
export class PullProgress {
  readonly #reference: string;
  readonly #tell: (message: string) => void;
  readonly #layers = new Map<string, Layer>();
  #percent = -1;
  #latest: string | undefined;

  constructor(reference: string, tell: (message: string) => void) {
    this.#reference = reference;
    this.#tell = tell;
  }

  /** What was said last; undefined while nothing was. */
  get latest(): string | undefined {
    return this.#latest;
  }

  take(event: PullEvent): void {
    const { id, status = "" } = event;
    if (id !== undefined && !ofNoLayer.test(status)) this.#takeLayer(id, status, event.progressDetail);
    this.#reach(this.#sum());
  }

  /** The image is there. */
  complete(): void {
    this.#reach(100);
  }

  #takeLayer(id: string, status: string, { current, total }: PullEvent["progressDetail"] = {}): void {
    const layer = this.#layers.get(id) ?? { current: 0, total: 0, isBegun: false };
    this.#layers.set(id, layer);
    if (status === "Downloading") {
      layer.total = total ?? layer.total;
      layer.current = current ?? layer.current;
      layer.isBegun = true;
    } else if (finished.test(status)) {
      layer.current = layer.total;
      layer.isBegun = true;
    }
  }

  /** Of layers that are not begun the size is unknown: they count like an average one. */
  #sum(): number {
    let current = 0;
    let total = 0;
    let begun = 0;
    for (const layer of this.#layers.values()) {
      current += layer.current;
      total += layer.total;
      if (layer.isBegun) begun++;
    }
    return total === 0 ? 0 : Math.floor((100 * current * begun) / (total * this.#layers.size));
  }

  /** A layer that is larger than was thought, or begins anew, may lower the figure, which then stands still. */
  #reach(percent: number): void {
    if (percent <= this.#percent) return;
    this.#percent = percent;
    this.#latest = `pulling ${this.#reference}: ${percent} %`;
    this.#tell(this.#latest);
  }
}
