import { testMatrix } from "../test-matrix.ts";
import { EraCell } from "./cell.ts";
import { eraTopics } from "./features/topics.ts";
import { startEraGateways } from "./gateways.ts";
import { eraPlaceName, eraPlaces } from "./place.ts";

testMatrix({
  topics: eraTopics,
  places: eraPlaces,
  placeName: eraPlaceName,
  lane: ({ server, front, carrier }) => `${server} servers, ${front}, ${carrier}`,
  start: startEraGateways,
  cell: (place, gateways) => new EraCell(place, gateways),
});
