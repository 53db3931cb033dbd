import { expect, test } from "vitest";
import { readItems } from "../src/runtime/json-items.ts";

test("a list may have more items than a call may have arguments", () => {
  const count = 300_000;
  const text = `{"tools":[${Array.from({ length: count }, (_, index) => `{"name":"${index}"}`).join()}]}`;
  const { items, nameless } = readItems(Buffer.from(text), 0, "tools", "name");
  expect([items.length, items.at(-1)?.key, nameless]).toEqual([count, `${count - 1}`, 0]);
});
