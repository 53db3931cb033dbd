import type { Cell } from "./cell.ts";
import type { Place } from "./place.ts";

/** Drives real clients and servers, and throws if anything is not as it should be. */
export type Check<C = Cell> = (cell: C) => Promise<void>;

/** One row of the table in docs/compatibility.md. */
export interface Feature<C = Cell, P = Place> {
  /** Of letters and hyphens, unlike any other. */
  readonly id: string;
  /** As users read it. */
  readonly title: string;
  /** That it works. */
  readonly check: Check<C>;
  /** Where it can not exist. */
  readonly except?: readonly Exception<C, P>[];
}

/** Places at which a feature can not exist. */
export interface Exception<C = Cell, P = Place> {
  readonly at: Partial<P>;
  /** A few words for the table. */
  readonly reason: string;
  /** That what happens there is exactly this. */
  readonly check: Check<C>;
}

/** Rows that belong together. */
export interface Topic<C = Cell, P = Place> {
  readonly title: string;
  readonly features: readonly Feature<C, P>[];
}

/** The first exception that holds at a place; undefined where the feature works. */
export function exceptionAt<C, P extends object>(
  { except = [] }: Feature<C, P>,
  place: P,
): Exception<C, P> | undefined {
  return except.find(({ at }) => Object.entries(at).every(([key, value]) => place[key as keyof P] === value));
}
