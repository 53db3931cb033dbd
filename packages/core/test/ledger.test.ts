import { expect, test } from "vitest";
import { Ledger } from "../src/upstream/ledger.ts";
import { VirtualClock } from "./support/virtual-clock.ts";

test("the ids of an instance begin where nobody guesses, and leave room for a thousand million calls", () => {
  const firstIds = Array.from({ length: 1_000 }, () => new Ledger(new VirtualClock()).nextId());
  expect(new Set(firstIds).size).toBeGreaterThan(990);
  // From 2^31 on V8 keeps a number as an object, and looks for it in another way.
  expect(Math.max(...firstIds)).toBeLessThanOrEqual(2 ** 30);
});
