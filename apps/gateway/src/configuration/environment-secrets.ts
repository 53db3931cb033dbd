import type { ServerConfig } from "@omg/core";

/** Every value that a server gets in its environment by its entry: any of them may be a secret. */
export function environmentSecrets(
  servers: readonly ServerConfig[],
  hostEnv: Readonly<Record<string, string | undefined>>,
): string[] {
  // Ids are no secret, and hiding them would leave log lines that belong to no server.
  const ids = new Set(servers.map(({ id }) => id));
  const values = servers.flatMap(({ env = {}, inherit_env = [] }) => [
    ...Object.values(env),
    ...inherit_env.map((name) => (Object.hasOwn(hostEnv, name) ? hostEnv[name] : undefined)),
  ]);
  return values.filter((value) => typeof value === "string" && !ids.has(value)) as string[];
}
