import { expect, test } from "vitest";
import { gates, rows } from "./rows/all.ts";

const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test("every promise of one gateway on one machine has its row, once", () => {
  const promised = [...numbers(1, 51), ...numbers(55, 57)];
  expect(rows.map(({ id }) => id)).toEqual(promised.map((number) => `R${String(number).padStart(2, "0")}`));
  expect([...gates].filter((id) => !rows.some((row) => row.id === id))).toEqual([]);
});
