import type { Clock } from "../clock.ts";
import type { GatewayConfig, ServerConfig } from "../config/types.ts";
import type { StartPlan } from "../pool/start-instance.ts";
import type { OptionsIssue, RuntimeV1, StateStore } from "../runtime/v1.ts";
import { namespacedStore } from "./memory-store.ts";

export interface PlanSettings {
  readonly config: GatewayConfig;
  readonly runtimes: readonly RuntimeV1[];
  readonly hostEnv: Readonly<Record<string, string | undefined>>;
  readonly store: StateStore;
  readonly owner: string;
  readonly clock: Clock;
}

const maxCallMs = 600_000;
const defaultCallsInFlight = 4096;

/** Resolves a catalog entry into what a start needs, or says why it can not be used. */
export async function planServer(
  server: ServerConfig,
  settings: PlanSettings,
): Promise<StartPlan | { readonly problem: string }> {
  if (server.problem !== undefined) return { problem: server.problem };
  const { config, hostEnv } = settings;
  const { type, ...written } = server.runtime;
  const runtime = settings.runtimes.find((candidate) => candidate.name === type);
  if (!runtime) return { problem: `Server '${server.id}' has unknown runtime type: ${type}` };
  const checked = await runtime.options["~standard"].validate(written);
  if (checked.issues) {
    const problems = checked.issues.map(
      (issue) => `${["runtime", ...issuePath(issue)].join(".")}: ${issue.message}`,
    );
    return { problem: problems.join("; ") };
  }

  const inherited = [...(runtime.inherits ?? []), ...(server.inherit_env ?? [])];
  const callTimeoutMs = (config.request_timeout_seconds ?? 30) * 1000;
  return {
    config: server,
    runtime,
    options: checked.value,
    env: { ...pick(hostEnv, inherited), ...server.env },
    owner: settings.owner,
    baseDirectory: config.base_directory ?? ".",
    store: namespacedStore(settings.store, `${runtime.name}/${server.id}/`),
    clock: settings.clock,
    startTimeoutMs: (server.start_timeout_seconds ?? config.start_timeout_seconds ?? 30) * 1000,
    limits: {
      callTimeoutMs,
      maxCallMs: Math.max(maxCallMs, callTimeoutMs),
      maxCallsInFlight: config.max_connections_per_server ?? defaultCallsInFlight,
    },
  };
}

/** The keys that lead to the option an issue is about. */
export function issuePath(issue: OptionsIssue): string[] {
  return (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
}

function pick(
  values: Readonly<Record<string, string | undefined>>,
  names: readonly string[],
): Record<string, string> {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = values[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
