import { describe, expect, it } from "vitest";
import { type Check, judge } from "./results.ts";

const success: Check = { id: "shape", status: "SUCCESS" };
const failure: Check = { id: "behaviour", status: "FAILURE" };
const warning: Check = { id: "advice", status: "WARNING" };

describe("a conformance run", () => {
  it("counts the checks of the scenarios that are scored, and no others", () => {
    const results = new Map([
      ["ping", [success, { id: "note", status: "INFO" } as const]],
      ["extra", [success, failure]],
    ]);
    expect(judge({ results, scored: ["ping"], expectedFailures: [] })).toEqual({
      passed: 1,
      failed: [],
      expectedFailures: [],
      stale: [],
    });
  });

  it("fails for what is not expected, warnings included", () => {
    const results = new Map([["ping", [success, failure, warning]]]);
    const verdict = judge({ results, scored: ["ping"], expectedFailures: [] });
    expect(verdict.failed).toEqual(["ping:behaviour", "ping:advice"]);
  });

  it("fails for a scored scenario that left no results", () => {
    expect(judge({ results: new Map(), scored: ["ping"], expectedFailures: [] }).failed).toEqual(["ping"]);
  });

  it("excuses the check that is expected to fail, and nothing else of its scenario", () => {
    const results = new Map([["ping", [success, failure, warning]]]);
    expect(judge({ results, scored: ["ping"], expectedFailures: ["ping:behaviour"] })).toEqual({
      passed: 1,
      failed: ["ping:advice"],
      expectedFailures: ["ping:behaviour"],
      stale: [],
    });
  });

  it("excuses a whole scenario", () => {
    const results = new Map([["ping", [failure, warning]]]);
    const verdict = judge({ results, scored: ["ping"], expectedFailures: ["ping"] });
    expect(verdict.failed).toEqual([]);
    expect(verdict.expectedFailures).toEqual(["ping:behaviour", "ping:advice"]);
  });

  it("names expected failures that pass, and those that do not exist", () => {
    const results = new Map([["ping", [success]]]);
    const expectedFailures = ["ping:shape", "ping:shap"];
    expect(judge({ results, scored: ["ping"], expectedFailures }).stale).toEqual(expectedFailures);
  });
});
