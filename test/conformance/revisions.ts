import { readFile } from "node:fs/promises";
import { parse } from "yaml";

/** Revisions of the protocol that the suite asks for. */
export const revisions = ["2025-11-25", "2026-07-28"] as const;

export type Revision = (typeof revisions)[number];

/** Revisions up to 2025-11-25 are legacy. */
export type EraName = "legacy" | "modern";

export const eraOf: Readonly<Record<Revision, EraName>> = {
  "2025-11-25": "legacy",
  "2026-07-28": "modern",
};

/** What the suite requires by a revision, by scenario. */
export interface Requirements {
  readonly server: readonly string[];
  readonly client: readonly string[];
  /** Of the protocol, with scenarios that the suite runs and nobody has to pass. */
  readonly extensions: readonly string[];
}

export async function readRequirements(revision: Revision): Promise<Requirements> {
  const file = import.meta.resolve(`@modelcontextprotocol/conformance/requirements/${revision}.yaml`);
  const { server, client, not_scored } = parse(await readFile(new URL(file), "utf8")) as RequirementsFile;
  const extensions = not_scored.filter(({ reason }) => reason === "extension");
  return { server, client, extensions: extensions.map(({ scenario }) => scenario) };
}

interface RequirementsFile {
  readonly server: readonly string[];
  readonly client: readonly string[];
  readonly not_scored: readonly { readonly scenario: string; readonly reason: string }[];
}
