import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Cell } from "./cell.ts";
import { exceptionAt } from "./feature.ts";
import { topics } from "./features/topics.ts";
import { type Gateways, startGateways } from "./gateways.ts";
import { type Place, placeName, places } from "./place.ts";

/** A gateway that ends waits for calls in flight, as a check that failed may leave them. */
const endMs = 60_000;

const features = topics.flatMap((topic) => topic.features);
const declared = places.flatMap((place) => features.map(({ id }) => `${id}: ${placeName(place)}`));
const ran = new Set<string>();
let gateways: Gateways;

beforeAll(async () => {
  gateways = await startGateways();
}, 60_000);

afterAll(async () => {
  await gateways?.[Symbol.asyncDispose]();
}, endMs);

/** Places that share a server must not disturb each other; the others may run at once. */
const lanes = Map.groupBy(places, ({ front, scope }) => (front === "stdio" ? `stdio, ${scope}` : scope));

for (const [lane, its] of lanes) {
  describe(lane, { concurrent: true }, () => {
    for (const place of its) describe(placeName(place), { concurrent: false }, () => checkAll(place));
  });
}

describe("the table of docs/compatibility.md", () => {
  test("claims nothing whose check did not run", () => {
    expect(declared.filter((cell) => !ran.has(cell))).toEqual([]);
  });

  test("has each feature once", () => {
    expect(features.map(({ id }) => id)).toEqual([...new Set(features.map(({ id }) => id))]);
  });
});

function checkAll(place: Place): void {
  let cell: Cell;
  beforeAll(() => {
    cell = new Cell(place, gateways);
  });
  afterAll(() => cell[Symbol.asyncDispose](), endMs);

  for (const feature of features) {
    const exception = exceptionAt(feature, place);
    const title = exception ? `${feature.id}: ${exception.reason}` : feature.id;
    test(title, async () => {
      ran.add(`${feature.id}: ${placeName(place)}`);
      await (exception ?? feature).check(cell);
    });
  }
}
