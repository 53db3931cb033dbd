import type { Cell } from "./cell.ts";
import type { Place } from "./place.ts";

/** Drives real clients and servers, and throws if anything is not as it should be. */
export type Check = (cell: Cell) => Promise<void>;

/** One row of the table in docs/compatibility.md. */
export interface Feature {
  /** Of letters and hyphens, unlike any other. */
  readonly id: string;
  /** As users read it. */
  readonly title: string;
  /** That it works. */
  readonly check: Check;
  /** Where it can not exist. */
  readonly except?: readonly Exception[];
}

/** Places at which a feature can not exist. */
export interface Exception {
  readonly at: Partial<Place>;
  /** A few words for the table. */
  readonly reason: string;
  /** That what happens there is exactly this. */
  readonly check: Check;
}

/** Rows that belong together. */
export interface Topic {
  readonly title: string;
  readonly features: readonly Feature[];
}

/** The first exception that holds at a place; undefined where the feature works. */
export function exceptionAt({ except = [] }: Feature, place: Place): Exception | undefined {
  return except.find(({ at }) =>
    Object.entries(at).every(([key, value]) => place[key as keyof Place] === value),
  );
}
