import { describe, expect, test } from "vitest";
import { Results } from "../src/measure/results.ts";
import { readRun, writtenRun } from "../src/report/run.ts";

describe("results", () => {
  test("come back from a file as they were written", () => {
    const results = new Results();
    results.add("load-1 rate", "gateway", 10);
    results.add("load-1 rate", "gateway", 12);
    results.fail("arguments", "mcp-hub", "too large");
    const machine = { node: "v0", cores: 2 } as ReturnType<typeof readRun>["machine"];
    const run = { machine, others: { load: 0.1 }, rounds: 2, seconds: 3, results };
    const read = readRun(JSON.stringify(writtenRun(run)));
    expect(read.results.of("load-1 rate", "gateway")).toEqual([10, 12]);
    expect(read.results.failures).toEqual([{ during: "arguments", target: "mcp-hub", said: "too large" }]);
    expect({ ...read, results }).toEqual(run);
  });

  test("refuse what is no number", () => {
    expect(() => new Results().add("load-1 cpu", "gateway", Number.NaN)).toThrow("load-1 cpu of gateway");
  });

  test.each([
    [
      "status 413 <html><pre>TooLarge: too large<br> &nbsp; &nbsp;at read (/a/b.js:1:2)",
      "status 413 TooLarge: too large",
    ],
    ["Error: no\n    at file:///a/b.js:1:2", "Error: no"],
    ["it ended\n\nat once", "it ended at once"],
    ["x".repeat(1000), "x".repeat(300)],
  ])("keep the gist of an error: %j", (said, gist) => {
    const results = new Results();
    results.fail("load", "supergateway", new Error(said));
    expect(results.failures[0]?.said).toBe(gist);
  });
});
