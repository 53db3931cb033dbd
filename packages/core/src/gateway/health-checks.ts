import type { Clock } from "../clock.ts";
import type { Catalog } from "../router/catalog.ts";
import type { GatewayListener } from "./events.ts";

export interface HealthCheckOptions {
  readonly clock: Clock;
  readonly emit: GatewayListener;
  /** 0: never. Default: 30. */
  readonly everySeconds: number | undefined;
}

/** Looks after all servers of the catalog from time to time. */
export class HealthChecks {
  readonly #catalog: Catalog;
  readonly #options: HealthCheckOptions;
  #stopTimer = () => {};

  constructor(catalog: Catalog, options: HealthCheckOptions) {
    this.#catalog = catalog;
    this.#options = options;
    this.#schedule();
  }

  end(): void {
    this.#stopTimer();
  }

  #schedule(): void {
    const { clock, emit, everySeconds = 30 } = this.#options;
    if (everySeconds <= 0) return;
    this.#stopTimer = clock.after(everySeconds * 1000, () => {
      this.#schedule();
      for (const server of this.#catalog.servers) {
        server.checkHealth().catch((error) => emit({ type: "internal-error", error }));
      }
    });
  }
}
