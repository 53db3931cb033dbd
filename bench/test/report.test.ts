import { describe, expect, test } from "vitest";
import { figures } from "../src/measure/figures.ts";
import { Results } from "../src/measure/results.ts";
import { besideTable, quotedTable } from "../src/report/beside.ts";
import { short, times } from "../src/report/cells.ts";
import { failuresList, measuredTables } from "../src/report/measured.ts";
import { sections } from "../src/report/sections.ts";

/** Figures that are judged or remarked upon, or that other figures stand for. */
const isLeftOut = (figure: string) =>
  /^remembered-\d+ (?:started|listed)$|^(?:mcp|one|sse|stdio)-\w+ (?:p99|memory)$/.test(figure);

describe("the report", () => {
  test("shows every figure once", () => {
    const shown = sections.flatMap(({ rows }) =>
      rows.flatMap(({ cells }) => cells.map(([figure]) => figure)),
    );
    const expected = Object.keys(figures).filter((figure) => !isLeftOut(figure));
    expect([...new Set(shown)].sort()).toEqual(expected.sort());
    const places = sections.flatMap(({ rows }) => rows.flatMap(({ cells }) => cells.map(String)));
    expect(new Set(places).size).toBe(places.length);
  });

  test("has a column for what was measured, and no other", () => {
    const results = new Results();
    for (const value of [90, 100, 120]) results.add("single p50", "gateway", value);
    results.add("single p50", "direct", 3);
    expect(measuredTables(results, 3).split("\n")).toEqual([
      "### Small calls",
      "",
      "|                    | Unit | direct | gateway          |",
      "| ------------------ | ---- | ------ | ---------------- |",
      "| one at a time, p50 | ms   | 3.00   | 100 (90.0 – 120) |",
    ]);
  });

  test("compares the gateway with a peer in the rounds that both were in", () => {
    const results = new Results();
    for (const rate of [1000, 3000, 9000]) results.add("load-1 rate", "gateway", rate);
    for (const rate of [500, 1000]) results.add("load-1 rate", "mcp-proxy", rate);
    expect(besideTable(results)).toContain("2.50 × (2.00 – 3.00)");
    expect(quotedTable(results)).toMatch(/\| 2\.50 × +\|$/m);
    expect(quotedTable(results)).not.toContain("SDK by hand");
  });

  test("says what was not measured, as text", () => {
    const results = new Results();
    results.fail("session", "supergateway", "a | b `c` *d*");
    expect(failuresList(results)).toBe("- supergateway 4.0.0, `session`: a \\| b \\`c\\` \\*d\\*");
    expect(failuresList(new Results())).toBe("");
  });

  test("writes three digits that count", () => {
    expect([0, 0.123, 1.234, 12.34, 123.4, 12_345].map(short)).toEqual([
      "0",
      "0.12",
      "1.23",
      "12.3",
      "123",
      "12.3k",
    ]);
    expect([0.0567, 0.567, 12.34].map(times)).toEqual(["0.057 ×", "0.57 ×", "12.34 ×"]);
  });
});
