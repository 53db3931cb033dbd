import type * as features from "../feature.ts";
import type { EraCell } from "./cell.ts";
import type { EraPlace } from "./place.ts";

export type EraException = features.Exception<EraCell, EraPlace>;
export type EraFeature = features.Feature<EraCell, EraPlace>;
export type EraTopic = features.Topic<EraCell, EraPlace>;
