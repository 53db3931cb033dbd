import type { Transport } from "./transport.ts";

/**
 * A place where servers can run. Life of a runtime:
 *  1. the factory makes it; no I/O happens yet
 *  2. the gateway checks each server entry against `options`
 *  3. `start` is called when a client first needs a server, once per instance id
 *  4. the instance serves until it exits, is idle too long, or the gateway stops
 *  5. the instance is disposed, always, also after it exited by itself
 *  6. the runtime is disposed after its last instance; it rejects if anything may be left, for a later `sweep`
 *
 * A package's default export is a factory `(options?) => RuntimeV1 | RuntimeV1[]`; the gateway calls it with
 * `RuntimeFactoryOptions`. Whatever else a factory takes is for embedders and tests, and optional.
 */
export interface RuntimeV1<Options = unknown> extends Partial<AsyncDisposable> {
  /** The version of this interface that the runtime was written for. */
  readonly specVersion: "v1";
  /** What `runtime.type` says in the catalog, for example `docker`. Matches `^[a-z][a-z0-9-]*$`. */
  readonly name: string;
  /** Checks this runtime's part of a server entry (`runtime` without `type`). */
  readonly options: OptionsSchema<Options>;
  /**
   * What a person should know of options that are allowed, such as a protection that is switched off. Shown as warnings by
   * `omg validate` and at start. Absent: nothing.
   */
  remarks?(options: Options): readonly OptionsIssue[];
  /** Variables of the gateway's own environment that its servers get unless the entry sets them. Default: none. */
  readonly inherits?: readonly string[];
  /** Starts one instance and resolves once its transport can be used. Rejects with an `OmgError`. */
  start(request: StartRequest<Options>): Promise<InstanceV1>;
  /** Fetches what a start will need (an image, a package), within five minutes. Absent: nothing to fetch. */
  prepare?(request: PrepareRequest<Options>): Promise<void>;
  /** Says whether this runtime can work here at all. Absent: assumed so. */
  check?(request: { readonly signal: AbortSignal }): Promise<{ ok: true } | { ok: false; reason: string }>;
  /** Obtains credentials for a server, for example by OAuth, and keeps them in the store. Absent: servers need none. */
  login?(request: LoginRequest<Options>): Promise<void>;
  /** Forgets the credentials of a server, and has them taken back where that is possible. Absent: there are none. */
  logout?(request: LoginRequest<Options>): Promise<void>;
  /**
   * Removes what a dead gateway of this `owner` left behind, and nothing else. Rejects if anything may be left: it is called
   * again. Absent: nothing can be left.
   */
  sweep?(request: SweepRequest<Options>): Promise<void>;
}

/** What the gateway gives to every factory. */
export interface RuntimeFactoryOptions {
  /** The environment of the gateway's own process: where a backend is, such as DOCKER_HOST. Never given to servers. */
  readonly hostEnv?: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a runtime gets to remove what a dead gateway left. */
export interface SweepRequest<Options> {
  /** The run of a gateway that has died. */
  readonly owner: string;
  /** Gives up: what is left then is swept another time. */
  readonly signal: AbortSignal;
  /** The options of the catalog's servers of this type: where something may be left, for example on which engine. */
  readonly options: readonly Options[];
  /** The folder of the configuration: relative paths in options start here. */
  readonly baseDirectory: string;
}

/** What a runtime gets to fetch what a start will need. */
export interface PrepareRequest<Options> {
  /** The catalog id of the server. */
  readonly server: string;
  /** The entry's options, as the runtime's own schema has put them out. */
  readonly options: Options;
  /** The folder of the configuration: relative paths in options start here. */
  readonly baseDirectory: string;
  /** Gives up: nothing must be left half done. */
  readonly signal: AbortSignal;
  /** What the server writes to stderr, or the backend's own words, line by line. */
  log(line: string): void;
  /** Says how far a slow start is, in words for a person: every client that waits for it is told them. */
  progress(message: string): void;
  /** Keeps what must outlive the process, for this server alone. */
  readonly store: StateStore;
}

/** What a runtime gets to log in or out at one server. */
export interface LoginRequest<Options> extends PrepareRequest<Options> {
  /** The complete environment of the server; nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Has a person visit an address. A runtime opens nothing by itself. */
  visit(url: string): void;
}

/** What a runtime gets to start one instance. */
export interface StartRequest<Options> extends PrepareRequest<Options> {
  /** Unique, and safe as container, pod and file name. */
  readonly instanceId: string;
  /** The client session that the instance is for; absent when it is shared. Opaque. */
  readonly session?: string | undefined;
  /** This run of the gateway. Put it on labels or markers so that `sweep` finds what is left. */
  readonly owner: string;
  /** The complete environment of the server; nothing else is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Bounds the start only, never the running instance. */
  readonly signal: AbortSignal;
}

/** One running copy of a server. Dispose: graceful stop, then force; idempotent; resolves when nothing is left. */
export interface InstanceV1 extends AsyncDisposable {
  /** The backend's own id (pid, container id, pod name, URL), for people who read logs. */
  readonly id: string;
  /** Not yet started: the gateway starts and closes it. */
  readonly transport: Transport;
  /** Settles when the instance is gone, however that came about. Never rejects. */
  readonly exited: Promise<Exit>;
  /**
   * Settles, with why, when the instance should get no new calls though it still answers those it has: they are waited for, then it
   * is disposed of, and the next call starts another. Never rejects.
   */
  readonly leaving?: Promise<string> | undefined;
  /** Asks the backend whether the instance is well. Absent: an MCP ping must do. */
  check?(request: { readonly signal: AbortSignal }): Promise<boolean>;
}

/** How an instance came to its end. */
export interface Exit {
  /** `stopped`: disposed by us. `exited`: ended by itself. `lost`: the backend no longer knows it. */
  readonly reason: "stopped" | "exited" | "lost";
  /** For example `exit code 1` or `signal SIGKILL`. */
  readonly detail: string;
}

/** A small durable key-value store; keys are namespaced per runtime and server by the gateway. */
export interface StateStore {
  /** The value, or `undefined` when there is none. Rejects when it can not be told; the gateway goes on without then. */
  get(key: string): Promise<string | undefined>;
  /** Resolves when the value is kept. It replaces an old one as a whole: nobody reads half of one. */
  set(key: string, value: string): Promise<void>;
  /** Resolves when there is no such value any more, also if there was none. */
  delete(key: string): Promise<void>;
}

/** A Standard Schema (zod, valibot, arktype…), by shape: https://standardschema.dev */
export interface OptionsSchema<Output> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => OptionsResult<Output> | Promise<OptionsResult<Output>>;
    readonly types?: { readonly input: unknown; readonly output: Output } | undefined;
    /** Standard JSON Schema, for editors and `omg schema`. */
    readonly jsonSchema?: unknown;
  };
}

/** The options as they count, with defaults, or all that is wrong with them. */
export type OptionsResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly OptionsIssue[] };

/** One thing that is wrong with the options of an entry. */
export interface OptionsIssue {
  /** What is wrong, as it goes on after the key's name: `must be a number`. */
  readonly message: string;
  /** The keys that lead to it; absent: the options as a whole. */
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Gives a runtime literal its types. */
export function defineRuntime<Options>(runtime: RuntimeV1<Options>): RuntimeV1<Options> {
  return runtime;
}
