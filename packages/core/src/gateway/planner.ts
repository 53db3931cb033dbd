import type { GatewayConfig } from "../config/types.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";
import { type PlannedServer, type PlanSettings, planServer } from "./plan-server.ts";

/** Resolves the entries of catalogs, with the runtimes that have come by then. Dispose: of the runtimes. */
export class Planner implements AsyncDisposable {
  readonly #settings: Omit<PlanSettings, "runtimes">;
  readonly #runtimes = new Map<string, RuntimeV1>();

  constructor(settings: Omit<PlanSettings, "runtimes">) {
    this.#settings = settings;
  }

  /** Of the configuration only `servers` and `base_directory` count. A runtime whose name is known already is left out. */
  plan({ servers, base_directory }: GatewayConfig, runtimes: readonly RuntimeV1[]): Promise<PlannedServer[]> {
    for (const runtime of runtimes) {
      if (!this.#runtimes.has(runtime.name)) this.#runtimes.set(runtime.name, runtime);
    }
    const { config } = this.#settings;
    const settings = {
      ...this.#settings,
      config: { ...config, base_directory },
      runtimes: [...this.#runtimes.values()],
    };
    return Promise.all(servers.map((server) => planServer(server, settings)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#runtimes.values()].map((runtime) => runtime[Symbol.asyncDispose]?.()));
  }
}
