import { randomBytes } from "node:crypto";
import { type CatalogDiff, digestEntries } from "@omg/core";
import { type ConfigurationFlags, loadWritten } from "../configuration/load-configuration.ts";
import { runningGateway } from "../gateway-client.ts";
import { printable, printableLines } from "../logging/logger.ts";

export interface DiffFlags extends ConfigurationFlags {
  readonly url?: string;
  readonly json?: boolean;
}

/**
 * `omg diff FILE`: what a catalog would change in the running gateway. The gateway gets salted digests of the entries as
 * they are written: neither their values nor those of variables leave this process.
 */
export async function diff(file: string, flags: DiffFlags): Promise<void> {
  const servers = loadWritten(file);
  const salt = randomBytes(16).toString("hex");
  const changes = await runningGateway(flags).client.diff(salt, digestEntries(servers, salt));
  if (flags.json) {
    process.stdout.write(printableLines(`${JSON.stringify({ v: 1, ...changes }, undefined, 2)}\n`));
    return;
  }
  process.stdout.write(`${linesOf(changes).map(printable).join("\n")}\n`);
}

function linesOf({ added, removed, changed, unchanged }: CatalogDiff): string[] {
  return [
    ...added.map((id) => `+ ${id}`),
    ...removed.map((id) => `- ${id}`),
    ...changed.map(({ id, parts }) => `~ ${id}  ${parts.join(", ")}`),
    `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${unchanged.length} unchanged`,
  ];
}
