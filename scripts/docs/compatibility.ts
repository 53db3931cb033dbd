import { exceptionAt, type Feature, type Topic } from "../../test/compatibility/feature.ts";
import { topics } from "../../test/compatibility/features/topics.ts";
import { fronts, type Place } from "../../test/compatibility/place.ts";
import { eraTables } from "./eras.ts";
import { markdownTable } from "./table.ts";

export const compatibilityRegions = { eras: eraTables, features: topicTables } as const;

type Column = Pick<Place, "endpoint" | "scope">;

const columns: readonly (readonly [title: string, column: Column])[] = [
  ["`/mcp`, shared", { endpoint: "all", scope: "shared" }],
  ["`/mcp`, session", { endpoint: "all", scope: "session" }],
  ["one server, shared", { endpoint: "one", scope: "shared" }],
  ["one server, session", { endpoint: "one", scope: "session" }],
];

const frontNames = { http: "HTTP", sse: "SSE", stdio: "stdio" } as const satisfies Record<
  Place["front"],
  string
>;

/** What the tests of test/compatibility assert, one table for each topic. */
function topicTables(): string {
  return topics.map(topicTable).join("\n\n");
}

function topicTable({ title, features }: Topic): string {
  const rows = features.map((feature) => [
    feature.title,
    ...columns.map(([, column]) => outcomes(feature, column)),
  ]);
  return `### ${title}\n\n${markdownTable(["Feature", ...columns.map(([head]) => head)], rows)}`;
}

/** One word if all fronts agree. */
function outcomes(feature: Feature, column: Column): string {
  const byOutcome = Map.groupBy(
    fronts,
    (front) => exceptionAt(feature, { front, ...column })?.reason ?? "yes",
  );
  if (byOutcome.size === 1) return [...byOutcome.keys()].join();
  return [...byOutcome]
    .map(([outcome, those]) => `${those.map((front) => frontNames[front]).join(", ")}: ${outcome}`)
    .join("; ");
}
