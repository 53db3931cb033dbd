import { basename } from "node:path";
import { isLater, threats } from "../../test/threats/threats.ts";
import { markdownTable } from "./table.ts";

export const threatsRegions = {
  "table of threats": threatTable,
  "threats of later": laterTable,
} as const;

function threatTable(): string {
  const rows = threats
    .filter((threat) => !isLater(threat))
    .map(({ id, attack, answer, risk = "", tests }) => {
      const links = Object.keys(tests).map((path) => `[${basename(path, ".test.ts")}](../${path})`);
      return [id, attack, answer, risk, links.join(", ")];
    });
  return markdownTable(["Id", "Attack", "What the gateway does", "OWASP", "Tests"], rows);
}

function laterTable(): string {
  const rows = threats.filter(isLater).map(({ id, attack, answer }) => {
    return [id, attack, answer.replace("Not in this version: ", "")];
  });
  return markdownTable(["Id", "Attack", "Why it is not among them"], rows);
}
