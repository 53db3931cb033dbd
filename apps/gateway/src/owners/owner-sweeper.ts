import type { RuntimeV1 } from "@omg/core";
import type { Configuration } from "../configuration/load-configuration.ts";
import { stackOf } from "../logging/log-events.ts";
import type { Logger } from "../logging/logger.ts";
import { sweepDeadOwners } from "./sweep-dead-owners.ts";

/** What a configuration tells a sweep: who can look, and where. */
export type SweptCatalog = Pick<Configuration, "runtimes" | "options" | "baseDirectory">;

export interface OwnerSweeperOptions {
  readonly catalog: SweptCatalog;
  readonly log: Logger;
  /** Where owners are recorded. Default: in the state folder. */
  readonly folder?: string | undefined;
}

const everyMs = 60_000;
/** A runtime that takes longer is asked again next time. */
const sweepMs = 30_000;

/**
 * Removes what dead gateways left behind, at once and then every minute: an engine may be down at first, and other gateways
 * of the same state folder die while this one lives. Dispose: ends that, a sweep under way included.
 */
export class OwnerSweeper implements Disposable {
  readonly #log: Logger;
  readonly #folder: string | undefined;
  readonly #ended = new AbortController();
  readonly #runtimes = new Map<string, RuntimeV1>();
  #catalog: SweptCatalog;
  #timer: NodeJS.Timeout | undefined;
  /** Why something could not be removed last time, by owner and runtime. */
  #failures: ReadonlyMap<string, string> = new Map();

  constructor({ catalog, log, folder }: OwnerSweeperOptions) {
    this.#log = log;
    this.#folder = folder;
    this.#catalog = this.#inUse(catalog);
    void this.#sweep();
  }

  /** Goes by the catalog of a reload from the next sweep on. */
  follow(catalog: SweptCatalog): void {
    this.#catalog = this.#inUse(catalog);
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
    clearTimeout(this.#timer);
  }

  /** A reload makes every runtime anew, but the gateway uses, and disposes, the first of each name. */
  #inUse({ runtimes, ...places }: SweptCatalog): SweptCatalog {
    for (const runtime of runtimes) {
      if (!this.#runtimes.has(runtime.name)) this.#runtimes.set(runtime.name, runtime);
    }
    return { ...places, runtimes: runtimes.map((runtime) => this.#runtimes.get(runtime.name) ?? runtime) };
  }

  async #sweep(): Promise<void> {
    const ended = this.#ended.signal;
    const failures = new Map<string, string>();
    const swept = await sweepDeadOwners({
      ...this.#catalog,
      signal: AbortSignal.any([ended, AbortSignal.timeout(sweepMs)]),
      folder: this.#folder,
      onFailure: (owner, runtime, error) => {
        const why = String(error);
        failures.set(`${owner} ${runtime}`, why);
        const isOld = this.#failures.get(`${owner} ${runtime}`) === why;
        if (!isOld && !ended.aborted) this.#tellFailure(owner, runtime, error);
      },
    });
    this.#failures = failures;
    if (swept.length > 0) {
      this.#log("warn", "Removed what a dead gateway left behind", { owners: swept.join(" ") });
    }
    if (!ended.aborted) this.#timer = setTimeout(() => void this.#sweep(), everyMs).unref();
  }

  #tellFailure(owner: string, runtime: string, error: unknown): void {
    const fields = { owner, runtime, error: stackOf(error) };
    this.#log("error", "What a dead gateway left behind can not be removed", fields);
  }
}
