import { describe, expect, test } from "vitest";
import { readPage } from "./support/docs/blocks.ts";

/** The cells of the table whose head begins so, by row and column; ranges in brackets left out. */
function tableOf(page: string, head: string): Map<string, string> {
  const lines =
    page
      .slice(page.indexOf(`| ${head}`))
      .split("\n\n")[0]
      ?.split("\n") ?? [];
  const [columns = [], , ...rows] = lines.map((line) => line.split("|").slice(1, -1));
  return new Map(
    rows.flatMap(([title = "", ...cells]) =>
      cells.map((cell, index) => [
        `${title.trim()}, ${columns[index + 1]?.trim()}`,
        cell.replace(/\(.*\)/, "").trim(),
      ]),
    ),
  );
}

describe("the figures of the README", () => {
  const quoted = tableOf(readPage("README.md"), "Gateway ÷ other");
  const published = tableOf(readPage("docs/benchmarks.md"), "Gateway ÷ other");

  test("are those of docs/benchmarks.md", () => {
    expect(quoted.size).toBeGreaterThanOrEqual(10);
    expect(quoted.size).toBeLessThan(published.size);
    for (const [place, figure] of quoted) expect(published.get(place), place).toBe(figure);
  });

  test("are led to", () => {
    expect(readPage("README.md")).toContain("(docs/benchmarks.md)");
    expect(readPage("docs/README.md")).toContain("(benchmarks.md)");
    expect(readPage("docs/why.md")).toContain("(benchmarks.md)");
  });
});
