export const logLevels = ["trace", "debug", "info", "warn", "error"] as const;

export type LogLevel = (typeof logLevels)[number];

/** The level to log at: flag, then environment, then file, then the command's default. */
export function chooseLevel(
  flag: string | undefined,
  env: NodeJS.ProcessEnv,
  file: LogLevel | undefined,
  fallback: LogLevel,
): LogLevel {
  for (const wanted of [flag, env.OMG_LOG_LEVEL, env.RUST_LOG]) if (isLevel(wanted)) return wanted;
  return file ?? fallback;
}

function isLevel(value: string | undefined): value is LogLevel {
  return (logLevels as readonly (string | undefined)[]).includes(value);
}
