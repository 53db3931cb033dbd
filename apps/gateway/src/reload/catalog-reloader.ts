import { OmgError, type ReloadReport } from "@omg/core";
import type { Diagnostic } from "@omg/core/config";
import type { CatalogState } from "@omg/transport-http";
import { ConfigFiles } from "../configuration/config-files.ts";
import { ConfigurationRefused } from "../configuration/configuration-refused.ts";
import { environmentSecrets } from "../configuration/environment-secrets.ts";
import {
  type Configuration,
  type ConfigurationFlags,
  loadConfiguration,
} from "../configuration/load-configuration.ts";
import { CommandFailure } from "../exit-codes.ts";
import type { Host } from "../host.ts";
import { logDiagnostics } from "../logging/log-diagnostics.ts";
import { stackOf } from "../logging/log-events.ts";
import { SettledChanges } from "./settled-changes.ts";
import { type FileWatch, watchFiles } from "./watch-files.ts";

const settleMs = 200;
/** Whoever starts a gateway waits for its first answer; to load the watcher takes 15 ms of that. */
const watchAfterMs = 250;
/** What `/stats` tells of a broken configuration; `omg validate` tells the rest. */
const maxProblems = 100;
/** Settings that are read anew with the catalog; all others need a restart. */
const liveKeys = new Set(["catalog_path", "servers", "runtimes", "pins"]);

/** Keeps a running gateway's catalog like its files. A broken file changes nothing but what `state` says. */
export class CatalogReloader implements AsyncDisposable {
  readonly #flags: ConfigurationFlags;
  readonly #host: Host;
  /** As the gateway was started. */
  readonly #first: Configuration;
  readonly #changes: SettledChanges;
  #files: ConfigFiles;
  #state: CatalogState;
  #watch: FileWatch | undefined;
  #reloading: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(flags: ConfigurationFlags, configuration: Configuration, host: Host) {
    // A file that comes up earlier in the search does not take the place of the one in use.
    this.#flags = { ...flags, config: configuration.path ?? null };
    this.#host = host;
    this.#first = configuration;
    this.#files = configuration.files;
    this.#state = { loadedAt: new Date(), problems: [], needsRestart: [] };
    this.#changes = new SettledChanges(this.#files.digest, {
      settleMs,
      look: () => this.#files.readAgain(),
      apply: (digest) => this.#applySettled(digest),
    });
  }

  get state(): CatalogState {
    return this.#state;
  }

  /** Reloads by itself from now on, whenever one of the files has changed. */
  async watch(): Promise<void> {
    const { log } = this.#host;
    await new Promise((resolve) => setTimeout(resolve, watchAfterMs));
    if (this.#closed) return;
    const hint = () => {
      // What goes wrong has been logged by then.
      this.#changes.hint().catch(() => {});
    };
    this.#watch = await watchFiles({
      paths: () => this.#files.paths,
      onHint: hint,
      onLost: (why) => log("warn", "Changes of the files are noticed within 5 s, not at once", { why }),
    });
    log("info", `Hot reload enabled for ${this.#first.catalog}`);
  }

  /** Reads everything now. Rejects with `config_invalid` when a file is refused: the catalog in use stays. */
  reload(): Promise<ReloadReport> {
    const files = new ConfigFiles();
    return this.#inTurn(async () => this.#apply(await this.#load(files), files));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#changes.close();
    await this.#watch?.close();
  }

  async #applySettled(digest: string): Promise<void> {
    const { log } = this.#host;
    const expected = this.#files;
    log("info", "Catalog changed, reloading...");
    await this.#inTurn(async () => {
      const files = new ConfigFiles();
      const configuration = await this.#load(files);
      // Written to while it was read: it is no longer what has settled.
      if (sameFiles(files, expected) && files.digest !== digest) return;
      await this.#apply(configuration, files);
    }).catch((error: unknown) => {
      if (!OmgError.is(error)) throw error;
    });
  }

  async #load(files: ConfigFiles): Promise<Configuration> {
    try {
      const configuration = await loadConfiguration(this.#flags, files);
      // Nobody can tell which server an entry without an id was: it must not count as removed.
      const unnamed = configuration.diagnostics.filter(({ server }) => server?.startsWith("#"));
      if (unnamed.length > 0) throw new ConfigurationRefused(unnamed);
      return configuration;
    } catch (error) {
      if (!(error instanceof CommandFailure)) throw error;
      this.#seen(files);
      throw this.#refused(error);
    }
  }

  async #apply(configuration: Configuration, files: ConfigFiles): Promise<ReloadReport> {
    const { gateway, log, redaction } = this.#host;
    log("info", `Reloading catalog from: ${configuration.catalog}`);
    // Before anything of it can be logged.
    redaction.renew(this.#secretsWith(configuration));
    this.#host.follow(configuration);
    const report = await gateway.reload(configuration.gateway, configuration.runtimes);
    this.#seen(files);
    const needsRestart = this.#needsRestart(configuration);
    const kept = configuration.diagnostics.filter(({ server = "" }) => report.kept.includes(server));
    this.#state = { loadedAt: new Date(), problems: linesOf(kept).map(redaction.redact), needsRestart };
    logDiagnostics(log, configuration.diagnostics);
    if (needsRestart.length > 0) {
      log("warn", `Changed, but in effect only after a restart: ${needsRestart.join(", ")}`);
    }
    return report;
  }

  #seen(files: ConfigFiles): void {
    this.#files = files;
    this.#changes.acted(files.digest);
    this.#watch?.refresh();
  }

  #refused(failure: CommandFailure): OmgError {
    const { log } = this.#host;
    const problems = problemsOf(failure).map(this.#host.redaction.redact);
    if (failure instanceof ConfigurationRefused) logDiagnostics(log, failure.diagnostics);
    else log("error", failure.message);
    log("warn", "Keeping previous catalog due to validation error");
    this.#state = { ...this.#state, problems };
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : "";
    return new OmgError("config_invalid", { message: `${problems[0]}${more}` });
  }

  /** Those of the entries that stay in use belong to it. */
  #secretsWith(configuration: Configuration): string[] {
    const servers = this.#host.gateway.servers().map(({ config }) => config);
    const kept = servers.flatMap(({ secrets = [] }) => secrets);
    return [...new Set([...configuration.secrets, ...kept, ...environmentSecrets(servers, process.env)])];
  }

  #needsRestart({ file, apiKey }: Configuration): string[] {
    const first: Readonly<Record<string, unknown>> = { ...this.#first.file, api_key: this.#first.apiKey };
    const now: Readonly<Record<string, unknown>> = { ...file, api_key: apiKey };
    const keys = new Set([...Object.keys(first), ...Object.keys(now)]);
    return [...keys].filter(
      (key) => !liveKeys.has(key) && JSON.stringify(first[key]) !== JSON.stringify(now[key]),
    );
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#reloading.then(action);
    this.#reloading = result.catch((error: unknown) => {
      if (!OmgError.is(error)) this.#host.log("error", "Internal error", { error: stackOf(error) });
    });
    return result;
  }
}

function problemsOf(failure: CommandFailure): string[] {
  return failure instanceof ConfigurationRefused ? linesOf(failure.diagnostics) : [failure.message];
}

function linesOf(diagnostics: readonly Diagnostic[]): string[] {
  const errors = diagnostics.filter(({ severity }) => severity === "error").slice(0, maxProblems);
  return errors.map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`);
}

function sameFiles(a: ConfigFiles, b: ConfigFiles): boolean {
  return a.paths.sort().join("\0") === b.paths.sort().join("\0");
}
