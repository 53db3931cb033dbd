import { randomBytes } from "node:crypto";
import { type CatalogDiff, digestEntries } from "@omg/core";
import { diagnosticText } from "../configuration/diagnostic-text.ts";
import { type ConfigurationFlags, loadWritten } from "../configuration/load-configuration.ts";
import { runningGateway } from "../gateway-client.ts";
import { printable, printableLines } from "../logging/logger.ts";

export interface DiffFlags extends ConfigurationFlags {
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * `omg diff FILE`: what a catalog would change in the running gateway. The gateway gets salted digests of the entries as
 * they are written: neither their values nor those of variables leave this process. Entries that could not be used are
 * told too.
 */
export async function diff(file: string, flags: DiffFlags): Promise<void> {
  const { servers, diagnostics } = await loadWritten(file);
  const salt = randomBytes(16).toString("hex");
  const changes = await runningGateway(flags).client.diff(salt, digestEntries(servers, salt));
  const json = () => `${JSON.stringify({ v: 1, ...changes }, undefined, 2)}\n`;
  process.stdout.write(
    flags.json ? printableLines(json()) : `${linesOf(changes).map(printable).join("\n")}\n`,
  );
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  if (errors.length > 0) process.stderr.write(printableLines(`\n${diagnosticText(errors)}\n`));
}

function linesOf({ added, removed, changed, unchanged }: CatalogDiff): string[] {
  return [
    ...added.map((id) => `+ ${id}`),
    ...removed.map((id) => `- ${id}`),
    ...changed.map(({ id, parts }) => `~ ${id}  ${parts.join(", ")}`),
    `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${unchanged.length} unchanged`,
  ];
}
