import type { ConfigurationFlags } from "../configuration/load-configuration.ts";
import { runningGateway } from "../gateway-client.ts";
import { printable } from "../logging/logger.ts";

export interface ReloadFlags extends ConfigurationFlags {
  readonly url?: string;
}

/** `omg reload`: has the running gateway read its catalog now, and says what that did. */
export async function reload(flags: ReloadFlags): Promise<void> {
  const { added, removed, changed, unchanged, kept } = await runningGateway(flags).client.reload();
  const lines = [
    ...added.map((id) => `+ ${id}`),
    ...removed.map((id) => `- ${id}`),
    ...changed.map((id) => `~ ${id}`),
    ...kept.map((id) => `! ${id}  its new entry is not usable, the previous one stays; see: omg list`),
    `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${unchanged.length} unchanged`,
  ];
  process.stdout.write(`${lines.map(printable).join("\n")}\n`);
}
