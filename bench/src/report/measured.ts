import { markdownTable } from "../../../scripts/docs/table.ts";
import type { Results } from "../measure/results.ts";
import { cell, titles } from "./cells.ts";
import { type Section, sections } from "./sections.ts";

/** Everything that was measured, under headings of this level; without what was not. */
export function measuredTables(results: Results, level: 2 | 3): string {
  return sections
    .flatMap((section) => {
      const table = tableOf(results, section);
      return table === undefined ? [] : [`${"#".repeat(level)} ${section.title}`, table];
    })
    .join("\n\n");
}

function tableOf(results: Results, { columns, rows }: Section): string | undefined {
  const filled = rows
    .map(({ title, unit, cells }) => ({
      title,
      unit,
      cells: cells.map((place) => cell(results.of(...place))),
    }))
    .filter(({ cells }) => cells.some((text) => text !== ""));
  const shown = columns.flatMap((_, column) => (filled.some(({ cells }) => cells[column]) ? [column] : []));
  if (shown.length === 0) return undefined;
  return markdownTable(
    ["", "Unit", ...shown.map((column) => columns[column] ?? "")],
    filled.map(({ title, unit, cells }) => [title, unit, ...shown.map((column) => cells[column] ?? "")]),
  );
}

/** What could not be measured, and what was said instead; nothing if everything could. */
export function failuresList(results: Results): string {
  return results.failures
    .map(({ during, target, said }) => `- ${titles[target]}, \`${during}\`: ${plain(said)}`)
    .join("\n");
}

/** As it may stand in Markdown. */
function plain(text: string): string {
  return text.replaceAll(/[`<>|*_]/g, "\\$&");
}
