import { fixtureFile } from "./launcher.ts";

/** One server of a catalog: a fixture with so many tools, or a server over HTTP. */
export type CatalogEntry = { readonly tools: number } | { readonly url: string };

/** So many fixtures. */
export function fixtures(servers: number, tools: number): CatalogEntry[] {
  return Array.from({ length: servers }, () => ({ tools }));
}

/** A catalog as users write it; its servers are called fixture1, fixture2 and so on. */
export function catalogText(entries: readonly CatalogEntry[]): string {
  const lines = entries.flatMap((entry, index) => [
    `  - id: fixture${index + 1}`,
    `    description: Server number ${index + 1}`,
    "    runtime:",
    ...runtimeLines(entry).map((line) => `      ${line}`),
  ]);
  return `servers:\n${lines.join("\n")}\n`;
}

function runtimeLines(entry: CatalogEntry): string[] {
  if ("url" in entry) {
    return ["type: remote-sse", `url: ${JSON.stringify(entry.url)}`, "allow_private_network: true"];
  }
  return [
    "type: local-process",
    `command: ${JSON.stringify(process.execPath)}`,
    `args: ${JSON.stringify([fixtureFile, "--tools", String(entry.tools)])}`,
  ];
}
