import { formatDiagnostic } from "@omg/core/config";
import { parseListenAddress } from "../configuration/listen-address.ts";
import { type ConfigurationFlags, loadConfiguration } from "../configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";

/** `omg validate`: says everything that is wrong with the configuration, with its place. */
export async function validate(flags: ConfigurationFlags): Promise<void> {
  const { diagnostics, gateway, file } = await loadConfiguration(flags);
  parseListenAddress(file.listen_addr);
  const lines = diagnostics.map(formatDiagnostic);
  if (diagnostics.some(({ severity }) => severity === "error")) {
    throw new CommandFailure(exitCodes.configurationRefused, lines.join("\n"));
  }
  for (const line of lines) process.stderr.write(`${line}\n`);
  const count = gateway.servers.length;
  process.stdout.write(`The configuration is valid: ${count} ${count === 1 ? "server" : "servers"}.\n`);
}
