import { exitCodes } from "../../apps/gateway/src/exit-codes.ts";
import { type ReasonInfo, reasons } from "../../packages/core/src/errors/reasons.ts";
import { markdownTable } from "./table.ts";

export const reasonsRegions = {
  "table of reasons": reasonTable,
  reasons: reasonSections,
  "exit codes": exitCodeTable,
} as const;

const all = Object.entries(reasons) as [string, ReasonInfo][];

function reasonTable(): string {
  const rows = all.map(([name, { code, status, retryable }]) => [
    `[\`${name}\`](#${name})`,
    String(code),
    String(status),
    retryable ? "yes" : "no",
  ]);
  return markdownTable(["Reason", "Code", "HTTP", "Retryable"], rows);
}

function reasonSections(): string {
  return all
    .map(([name, { code, status, retryable, when, fix }]) => {
      const numbers = `Code ${code}, HTTP ${status}, ${retryable ? "retryable" : "not retryable"}.`;
      return [`### ${name}`, filled(`${when} ${numbers}`), filled(`**What to do.** ${fix}`)].join("\n\n");
    })
    .join("\n\n");
}

const lineWidth = 120;

/** A paragraph in lines; what stands in code is not broken. */
function filled(text: string): string {
  const lines: string[] = [];
  for (const word of text.match(/(?:`[^`]*`|\S)+/g) ?? []) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > lineWidth) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines.join("\n");
}

const meanings = {
  ok: "success",
  failed: "the operation failed",
  usage: "the command line is wrong: an unknown command, flag, server or tool, or arguments that are none",
  gatewayUnreachable: "no gateway answers",
  authenticationRequired: "the gateway wants a key, or another one",
  configurationRefused: "the configuration is refused, or the gateway can not listen as it says",
  serverNotReady: "a server can not be used or did not become ready",
  toolError: "the tool ran and says that it failed",
  internal: "a fault of the gateway",
} as const satisfies Record<keyof typeof exitCodes, string>;

function exitCodeTable(): string {
  const rows = Object.entries(meanings).map(([name, meaning]) => [
    String(exitCodes[name as keyof typeof exitCodes]),
    meaning,
  ]);
  return markdownTable(["Exit code", "Meaning"], [...rows, ["128 + n", "ended by signal n"]]);
}
