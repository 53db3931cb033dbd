import { aimsTable } from "../../bench/src/report/aims-table.ts";
import { besideTable, quotedTable } from "../../bench/src/report/beside.ts";
import { circumstances } from "../../bench/src/report/markdown.ts";
import { failuresList, measuredTables } from "../../bench/src/report/measured.ts";
import { publishedRun } from "../../bench/src/report/published.ts";

export const benchmarksRegions = {
  run: () => circumstances(publishedRun()),
  aims: () => aimsTable(publishedRun().results),
  beside: () => besideTable(publishedRun().results),
  failures: () => failuresList(publishedRun().results) || "Everything could be measured.",
  measured: () => measuredTables(publishedRun().results, 3),
} as const;

/** What the README quotes. */
export const quotedRegions = { benchmarks: () => quotedTable(publishedRun().results) } as const;
