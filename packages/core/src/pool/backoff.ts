/** Restart delays: they double from 1 s to 60 s, and start over after a minute of health. */
export interface BackoffSettings {
  readonly firstMs: number;
  readonly maxMs: number;
  readonly healthyMs: number;
  /** Upper bound of the random part, as a share of the delay. */
  readonly jitter: number;
}

const defaultBackoff: BackoffSettings = {
  firstMs: 1000,
  maxMs: 60_000,
  healthyMs: 60_000,
  jitter: 0.2,
};

/** However long a server asks to be left alone. */
const longestAskedMs = 3_600_000;

/** Counts the failures of one server and says how long to leave it alone. */
export class Backoff {
  readonly #settings: BackoffSettings;
  readonly #random: () => number;
  #failures = 0;

  constructor(settings = defaultBackoff, random = Math.random) {
    this.#settings = settings;
    this.#random = random;
  }

  /** A start that failed: the delay before the next try, not shorter than the server asks for, up to an hour. */
  startFailed(askedMs = 0): number {
    return Math.max(this.#delay(++this.#failures), Math.min(askedMs, longestAskedMs));
  }

  /** An instance that was lost after `uptimeMs`: the first loss may be made good at once. */
  instanceLost(uptimeMs: number): number {
    if (uptimeMs >= this.#settings.healthyMs) this.#failures = 0;
    this.#failures++;
    return this.#failures === 1 ? 0 : this.#delay(this.#failures);
  }

  reset(): void {
    this.#failures = 0;
  }

  #delay(failures: number): number {
    const { firstMs, maxMs, jitter } = this.#settings;
    const delay = Math.min(firstMs * 2 ** (failures - 1), maxMs);
    return Math.round(delay * (1 + jitter * this.#random()));
  }
}
