import { PooledServer, type ServerSettings } from "../pool/server.ts";
import type { Catalog } from "../router/catalog.ts";
import type { OmgError } from "../runtime/errors.ts";
import { showsTheSame } from "./fingerprint.ts";
import { replacedError, sessionEndedError } from "./gateway-errors.ts";
import type { PlannedServer } from "./plan-server.ts";
import type { ReloadReport } from "./types.ts";

/** Calls in flight on a server that a reload replaced or removed get this long. */
const retireTimeoutMs = 30_000;

/** The servers of the catalog, and those that a reload took out of it, until what was begun on them has finished. */
export class ServerSet {
  readonly #catalog: Catalog;
  readonly #settings: (planned: PlannedServer) => ServerSettings;
  readonly #retiring = new Set<PooledServer>();

  constructor(catalog: Catalog, settings: (planned: PlannedServer) => ServerSettings) {
    this.#catalog = catalog;
    this.#settings = settings;
  }

  /** Every server there is, retiring ones included. */
  get all(): PooledServer[] {
    return [...this.#catalog.servers, ...this.#retiring];
  }

  /**
   * Puts new entries in the place of the old; new calls go to them at once. A server whose entry means the same is left
   * alone, and so are the instances of one that is only shown otherwise. A usable server whose new entry is not usable
   * stays as it is.
   */
  apply(planned: readonly PlannedServer[]): ReloadReport {
    const replaced = new Map(this.#catalog.servers.map((server) => [server.id, server]));
    const added: string[] = [];
    const changed: string[] = [];
    const unchanged: string[] = [];
    const kept: string[] = [];
    const servers = planned.map((entry) => {
      const { id, problem } = entry.config;
      const old = replaced.get(id);
      const keep = problem !== undefined && old?.usable === true;
      if (old && (keep || old.fingerprint === entry.fingerprint)) {
        old.newerProblem = keep
          ? `The new entry is not usable, so the previous one stays: ${problem}`
          : undefined;
        if (keep) kept.push(id);
        const isShownOtherwise = !keep && !showsTheSame(old.config, entry.config);
        if (isShownOtherwise) old.showAs(entry.config);
        (isShownOtherwise ? changed : unchanged).push(id);
        replaced.delete(id);
        return old;
      }
      (old ? changed : added).push(id);
      return new PooledServer(entry, this.#settings(entry), old);
    });
    this.#catalog.replace(servers);
    for (const server of replaced.values()) void this.#retire(server);
    const removed = [...replaced.keys()].filter((id) => !this.#catalog.get(id));
    return { added, removed, changed, unchanged, kept };
  }

  async endSession(session: string): Promise<void> {
    await Promise.all(this.all.map((server) => server.endSession(session, sessionEndedError(server.id))));
  }

  async dispose(why: OmgError): Promise<void> {
    await Promise.all(this.all.map((server) => server.dispose(why)));
  }

  async #retire(server: PooledServer): Promise<void> {
    this.#retiring.add(server);
    await server
      .retire(replacedError(server.id), retireTimeoutMs)
      .finally(() => this.#retiring.delete(server));
  }
}
