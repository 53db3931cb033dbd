import { redactor } from "@omg/core";
import type { Diagnostic } from "@omg/core/config";
import { ConfigurationRefused } from "../configuration/configuration-refused.ts";
import { countOf, diagnosticText } from "../configuration/diagnostic-text.ts";
import { distinct } from "../configuration/distinct-diagnostics.ts";
import { httpOptions } from "../configuration/http-options.ts";
import {
  type Configuration,
  type ConfigurationFlags,
  loadConfiguration,
} from "../configuration/load-configuration.ts";
import { CommandFailure, exitCodes } from "../exit-codes.ts";
import { printableLines } from "../logging/logger.ts";
import { machineFormats } from "./diagnostic-formats.ts";

export interface ValidateFlags extends ConfigurationFlags {
  readonly listenAddr?: string;
  readonly format?: "text" | keyof typeof machineFormats;
}

/** `omg validate`: says everything that is wrong with the configuration, with its place. */
export async function validate(flags: ValidateFlags): Promise<void> {
  const { diagnostics, servers } = await check(flags);
  const isRefused = diagnostics.some(({ severity }) => severity === "error");
  const { format = "text" } = flags;
  if (format !== "text") {
    process.stdout.write(machineFormats[format](diagnostics));
    if (isRefused) throw new CommandFailure(exitCodes.configurationRefused, countOf(diagnostics));
    return;
  }
  const text = diagnosticText(diagnostics);
  if (isRefused) throw new CommandFailure(exitCodes.configurationRefused, text);
  if (text !== "") process.stderr.write(printableLines(`${text}\n`));
  process.stdout.write(`The configuration is valid: ${servers} ${servers === 1 ? "server" : "servers"}.\n`);
}

async function check(flags: ValidateFlags): Promise<{ diagnostics: Diagnostic[]; servers: number }> {
  try {
    const configuration = await loadConfiguration(flags);
    // A runtime's own words may quote what it was given.
    const redact = redactor(configuration.secrets);
    const found = [...configuration.diagnostics, ...unservable(configuration, flags)];
    const diagnostics = distinct(found.map((item) => ({ ...item, message: redact(item.message) })));
    return { diagnostics: diagnostics.sort(byPlace), servers: configuration.gateway.servers.length };
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    return { diagnostics: [...error.diagnostics].sort(byPlace), servers: 0 };
  }
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  return a.file.localeCompare(b.file) || a.line - b.line || a.column - b.column;
}

/** What can be read, but could not be served over HTTP. */
function unservable(configuration: Configuration, flags: ValidateFlags): Diagnostic[] {
  try {
    httpOptions(configuration, flags.listenAddr);
    return [];
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const message = error.message.replace(/^error\[config_invalid\]: /, "");
    const key = /allowed_hosts|cors_origins/.exec(message)?.[0] ?? "listen_addr";
    const isFlag = key === "listen_addr" && flags.listenAddr !== undefined;
    const { file } = configuration.place([]);
    const place = isFlag ? { file, line: 1, column: 1 } : configuration.place([key]);
    return [{ severity: "error", message, ...place }];
  }
}
