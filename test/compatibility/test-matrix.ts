import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exceptionAt, type Topic } from "./feature.ts";

/** A gateway that ends waits for calls in flight, as a check that failed may leave them. */
const endMs = 60_000;

interface Matrix<C, P, G> {
  readonly topics: readonly Topic<C, P>[];
  readonly places: readonly P[];
  readonly placeName: (place: P) => string;
  /** Places that share a server must not disturb each other; the others may run at once. */
  readonly lane: (place: P) => string;
  /** Starts the gateways that all places use. */
  readonly start: () => Promise<G>;
  readonly cell: (place: P, gateways: G) => C;
}

/** Looks at every feature at every place. */
export function testMatrix<C extends AsyncDisposable, P extends object, G extends AsyncDisposable>(
  matrix: Matrix<C, P, G>,
): void {
  const { places, placeName } = matrix;
  const features = matrix.topics.flatMap((topic) => topic.features);
  const declared = places.flatMap((place) => features.map(({ id }) => `${id}: ${placeName(place)}`));
  const ran = new Set<string>();
  let gateways: G;

  beforeAll(async () => {
    gateways = await matrix.start();
  }, 60_000);

  afterAll(async () => {
    await gateways?.[Symbol.asyncDispose]();
  }, endMs);

  for (const [lane, its] of Map.groupBy(places, matrix.lane)) {
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

  function checkAll(place: P): void {
    let cell: C;
    beforeAll(() => {
      cell = matrix.cell(place, gateways);
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
}
