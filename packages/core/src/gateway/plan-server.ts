import type { Clock } from "../clock.ts";
import type { GatewayConfig, ServerConfig } from "../config/types.ts";
import { KnownEra } from "../pool/known-era.ts";
import type { StartPlan } from "../pool/start-instance.ts";
import { redactor } from "../redact.ts";
import type { RuntimeV1, StateStore } from "../runtime/v1.ts";
import { modernTaskOwners } from "../upstream/tasks-for-legacy.ts";
import type { GatewayListener } from "./events.ts";
import { fingerprint } from "./fingerprint.ts";
import { serverStore } from "./memory-store.ts";
import { resolveRuntime } from "./resolve-runtime.ts";

export interface PlanSettings {
  readonly config: GatewayConfig;
  readonly runtimes: readonly RuntimeV1[];
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  readonly store: StateStore;
  readonly fingerprintKey: string;
  readonly owner: string;
  readonly clock: Clock;
  readonly emit: GatewayListener;
}

const maxCallMs = 600_000;
const defaultCallsInFlight = 4096;

/** A catalog entry, and how to start its server; without a plan it can not be used, and its `problem` says why. */
export interface PlannedServer {
  readonly config: ServerConfig;
  /** Equal for entries whose servers run in the same way. */
  readonly fingerprint: string;
  readonly plan?: StartPlan;
}

/** Resolves a catalog entry into what a start needs. */
export async function planServer(server: ServerConfig, settings: PlanSettings): Promise<PlannedServer> {
  const { config, hostEnv } = settings;
  const declared = { ...pick(hostEnv, server.inherit_env ?? []), ...server.env };
  const baseDirectory = config.base_directory ?? ".";
  const fingerprintOf = (entry: ServerConfig) =>
    fingerprint(settings.fingerprintKey, entry, { declared, baseDirectory });
  const unusable = (entry: ServerConfig) => ({ config: entry, fingerprint: fingerprintOf(entry) });
  if (server.problem !== undefined) return unusable(server);
  const resolved = await resolveRuntime(server, settings.runtimes);
  if ("problems" in resolved) {
    return unusable({ ...server, problem: resolved.problems.map(({ message }) => message).join("; ") });
  }

  const { runtime, options } = resolved;
  const callTimeoutMs = (config.request_timeout_seconds ?? 30) * 1000;
  const ownFingerprint = fingerprintOf(server);
  const plan: StartPlan = {
    config: server,
    runtime,
    options,
    env: { ...pick(hostEnv, runtime.inherits ?? []), ...declared },
    owner: settings.owner,
    baseDirectory,
    store: serverStore(settings.store, runtime.name, server.id),
    knownEra: new KnownEra({ ...settings, fingerprint: ownFingerprint }),
    taskOwners: modernTaskOwners(),
    clock: settings.clock,
    startTimeoutMs: (server.start_timeout_seconds ?? config.start_timeout_seconds ?? 30) * 1000,
    limits: {
      callTimeoutMs,
      maxCallMs: Math.max(maxCallMs, callTimeoutMs),
      maxCallsInFlight: config.max_connections_per_server ?? defaultCallsInFlight,
    },
    redact: redactor([...(server.secrets ?? []), ...Object.values(declared)]),
  };
  return { config: server, fingerprint: ownFingerprint, plan };
}

function pick(
  values: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const present = names.filter((name) => Object.hasOwn(values, name) && values[name] !== undefined);
  return Object.fromEntries(present.map((name) => [name, values[name] as string]));
}
