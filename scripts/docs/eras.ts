import type { EraFeature, EraTopic } from "../../test/compatibility/eras/feature.ts";
import { eraTopics } from "../../test/compatibility/eras/features/topics.ts";
import { type EraPlace, placesOf } from "../../test/compatibility/eras/place.ts";
import { exceptionAt } from "../../test/compatibility/feature.ts";
import { markdownTable } from "./table.ts";

const columns: readonly (readonly [title: string, places: readonly EraPlace[]])[] = [
  ["modern client, modern server", placesOf("modern", "modern")],
  ["modern client, legacy server", placesOf("modern", "legacy")],
  ["legacy client, modern server", placesOf("legacy", "modern")],
  ["legacy client, legacy server", placesOf("legacy", "legacy")],
];

/** Names for parts of a cell, the coarsest first. */
const parts: readonly ((place: EraPlace) => string)[] = [
  () => "",
  ({ endpoint }) => (endpoint === "all" ? "`/mcp`" : "one server"),
  ({ front }) => (front === "http" ? "HTTP" : "stdio"),
  ({ carrier }) => (carrier === "child" ? "server as a process" : "server behind a URL"),
  ({ front, carrier }) => {
    if (front === "stdio") return "stdio";
    return carrier === "child" ? "HTTP, server as a process" : "HTTP, server behind a URL";
  },
];

/** What the tests of test/compatibility/eras assert, one table for each topic. */
export function eraTables(): string {
  return eraTopics.map(eraTable).join("\n\n");
}

function eraTable({ title, features }: EraTopic): string {
  const rows = features.map((feature) => [
    feature.title,
    ...columns.map(([, places]) => outcomes(feature, places)),
  ]);
  return `### ${title}\n\n${markdownTable(["Feature", ...columns.map(([head]) => head)], rows)}`;
}

/** One word if all places agree, or one for each part. Throws if no part explains the difference. */
function outcomes(feature: EraFeature, places: readonly EraPlace[]): string {
  const outcome = (place: EraPlace) => exceptionAt(feature, place)?.reason ?? "yes";
  for (const part of parts) {
    const byPart = [...Map.groupBy(places, part)].map(
      ([name, its]) => [name, new Set(its.map(outcome))] as const,
    );
    if (byPart.some(([, those]) => those.size > 1)) continue;
    return byPart.map(([name, those]) => `${name && `${name}: `}${[...those].join()}`).join("; ");
  }
  throw new Error(`${feature.id}: there are no words for where it differs`);
}
