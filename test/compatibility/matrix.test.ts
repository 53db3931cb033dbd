import { Cell } from "./cell.ts";
import { topics } from "./features/topics.ts";
import { startGateways } from "./gateways.ts";
import { placeName, places } from "./place.ts";
import { testMatrix } from "./test-matrix.ts";

testMatrix({
  topics,
  places,
  placeName,
  lane: ({ front, scope }) => (front === "stdio" ? `stdio, ${scope}` : scope),
  start: startGateways,
  cell: (place, gateways) => new Cell(place, gateways),
});
