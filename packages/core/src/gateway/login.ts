import { systemClock } from "../clock.ts";
import type { GatewayConfig } from "../config/types.ts";
import { OmgError } from "../runtime/errors.ts";
import type { LoginRequest, RuntimeV1, StateStore } from "../runtime/v1.ts";
import { planServer } from "./plan-server.ts";

/** What a login or logout on the command line needs, without a gateway that runs. */
export interface LoginOptions {
  /** The catalog with the server's entry. */
  readonly config: GatewayConfig;
  /** The runtimes that the catalog may name. */
  readonly runtimes: readonly RuntimeV1[];
  /** The store of the gateway that shall use the credentials. */
  readonly store: StateStore;
  /** The environment that `inherit_env` and the runtimes' own lists take from. Default: empty. */
  readonly hostEnv?: Readonly<Record<string, string | undefined>>;
  /** Gives up: the login rejects, and nothing is stored. */
  readonly signal: AbortSignal;
  /** Has a person visit an address. */
  visit(url: string): void;
  /** Says how it went on, in words for a person. */
  progress?(message: string): void;
}

/** Obtains the credentials of one server; a gateway with the same store uses them. Rejects with an `OmgError`. */
export async function login(server: string, options: LoginOptions): Promise<void> {
  const { runtime, request } = await prepare(server, options);
  if (!runtime.login) throw needsNone(server, runtime);
  await runtime.login(request);
}

/** Forgets the credentials of one server. Rejects with an `OmgError`. */
export async function logout(server: string, options: LoginOptions): Promise<void> {
  const { runtime, request } = await prepare(server, options);
  if (!runtime.logout) throw needsNone(server, runtime);
  await runtime.logout(request);
}

async function prepare(
  server: string,
  options: LoginOptions,
): Promise<{ runtime: RuntimeV1; request: LoginRequest<unknown> }> {
  const { config, runtimes, store, hostEnv = {}, signal, visit, progress = () => {} } = options;
  const entry = config.servers.find(({ id }) => id === server);
  if (!entry) throw new OmgError("server_unknown", { server, message: `Server '${server}' not found` });
  // Nothing starts, so neither an owner nor a fingerprint will ever be seen.
  const unused = { owner: "", fingerprintKey: "", clock: systemClock, emit() {} };
  const planned = await planServer(entry, { ...unused, config, runtimes, store, hostEnv });
  const { plan } = planned;
  if (!plan) {
    const message = `Server '${server}' can not be used: ${planned.config.problem}`;
    throw new OmgError("server_disabled", { server, message });
  }
  const { runtime, options: checked, env, baseDirectory } = plan;
  const request: LoginRequest<unknown> = {
    server,
    options: checked,
    signal,
    store: plan.store,
    env,
    baseDirectory,
    visit: (url) => visit(url),
    progress: (message) => progress(plan.redact(message)),
    log() {},
  };
  return { runtime, request };
}

function needsNone(server: string, { name }: RuntimeV1): OmgError {
  const message = `Server '${server}' needs no login: servers of type ${name} have none`;
  return new OmgError("bad_params", { server, message });
}
