import { describe, expect, test } from "vitest";
import { readOptions } from "../src/options.ts";

describe("the options", () => {
  test.each([
    [[], true],
    [["--no-peers"], false],
    [["--quick"], false],
    [["--quick", "--peers"], true],
  ])("%j: with peers is %s", (args, peers) => {
    expect(readOptions(args).peers).toBe(peers);
  });

  test("name scenarios that there are", () => {
    expect(readOptions(["--only", "load", "--only", "mixed"]).only).toEqual(["load", "mixed"]);
    expect(() => readOptions(["--only", "lead"])).toThrow("There is no scenario lead");
  });

  test.each([["--quick"], ["--only", "load"]])("publish whole runs, not those with %s", (...args) => {
    expect(() => readOptions(["--docs", ...args])).toThrow("--docs publishes whole runs");
    expect(readOptions(["--docs", "--from", "run.json"]).docs).toBe(true);
  });

  test("give minutes as a number above zero", () => {
    expect(readOptions(["--minutes", "2.5"]).minutes).toBe(2.5);
    expect(() => readOptions(["--minutes", "long"])).toThrow("--minutes long");
    expect(() => readOptions(["--minutes", "0"])).toThrow("--minutes 0");
  });
});
