import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fillFolder } from "../src/folder.ts";
import { scratch } from "./support/scratch.ts";

/** The third can not be written: its folder is a file. */
const impossible = new Map([
  ["a/one", ""],
  ["b", ""],
  ["b/two", ""],
]);

test("a failure leaves no folder that was not there before", () => {
  using folder = scratch();
  expect(() => fillFolder(join(folder.path, "deep/down"), impossible)).toThrow("b");
  expect(readdirSync(folder.path)).toEqual([]);
});

test("a failure leaves the folder that was there, and nothing in it", () => {
  using folder = scratch();
  mkdirSync(join(folder.path, "here"));
  expect(() => fillFolder(join(folder.path, "here"), impossible)).toThrow("b");
  expect(readdirSync(folder.path)).toEqual(["here"]);
  expect(readdirSync(join(folder.path, "here"))).toEqual([]);
});
