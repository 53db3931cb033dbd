import type { GatewayConfig } from "../config/types.ts";
import type { RuntimeV1 } from "../runtime/v1.ts";
import { type PlannedServer, type PlanSettings, planServer } from "./plan-server.ts";

/**
 * Resolves the entries of catalogs, with the runtimes that have come by then. Dispose: of all runtimes; rejects when that is
 * done if any of them failed to end everything.
 */
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
    const failures: Error[] = [];
    const dispose = async (runtime: RuntimeV1) => {
      try {
        await runtime[Symbol.asyncDispose]?.();
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failures.push(new Error(`${runtime.name}: ${why}`, { cause: error }));
      }
    };
    await Promise.all([...this.#runtimes.values()].map(dispose));
    if (failures.length === 0) return;
    const told = failures.map(({ message }) => message).join("; ");
    throw new AggregateError(failures, `What was started could not all be ended: ${told}`);
  }
}
