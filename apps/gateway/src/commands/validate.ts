import { formatDiagnostic } from "@omg/core/config";
import { distinct } from "../configuration/distinct-diagnostics.ts";
import { httpOptions } from "../configuration/http-options.ts";
import { type ConfigurationFlags, loadConfiguration } from "../configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { printable } from "../logging/logger.ts";

/** `omg validate`: says everything that is wrong with the configuration, with its place. */
export async function validate(flags: ConfigurationFlags): Promise<void> {
  const configuration = await loadConfiguration(flags);
  const { diagnostics, gateway } = configuration;
  httpOptions(configuration);
  const lines = distinct(diagnostics).map(formatDiagnostic);
  if (diagnostics.some(({ severity }) => severity === "error")) {
    throw new CommandFailure(exitCodes.configurationRefused, lines.join("\n"));
  }
  for (const line of lines) process.stderr.write(`${printable(line)}\n`);
  const count = gateway.servers.length;
  process.stdout.write(`The configuration is valid: ${count} ${count === 1 ? "server" : "servers"}.\n`);
}
