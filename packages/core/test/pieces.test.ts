import { expect, test } from "vitest";
import { Pieces } from "../src/runtime/pieces.ts";

test("pieces are taken as one, in their order, and are gone then", () => {
  const pieces = new Pieces();
  const only = Buffer.from("only");
  pieces.push(only);
  expect(pieces.take()).toBe(only);
  for (let count = 0; count < 5_000; count++) pieces.push(Buffer.from(`${count},`));
  const expected = Array.from({ length: 5_000 }, (_, count) => `${count},`).join("");
  expect(pieces.bytes).toBe(expected.length);
  expect(pieces.take().toString()).toBe(expected);
  expect([pieces.bytes, pieces.take().length]).toEqual([0, 0]);
});

test("pieces that are forgotten are not taken", () => {
  const pieces = new Pieces();
  pieces.push(Buffer.from("a"));
  pieces.clear();
  pieces.push(Buffer.from("b"));
  expect(pieces.take().toString()).toBe("b");
});

test("pieces of one byte each cost little more than their bytes", () => {
  const pieces = new Pieces();
  const before = process.memoryUsage().heapUsed;
  for (let count = 0; count < 1_000_000; count++) pieces.push(Buffer.of(0x61));
  // Generous: a million buffers take more than 90 MB.
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(60_000_000);
  expect(pieces.bytes).toBe(1_000_000);
});
