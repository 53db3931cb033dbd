import { describe, expect, it } from "vitest";
import { type Check, judge, passedChecks } from "./results.ts";

const success: Check = { id: "shape", status: "SUCCESS" };
const failure: Check = { id: "behaviour", status: "FAILURE", errorMessage: "It does not behave" };
const warning: Check = { id: "advice", status: "WARNING", errorMessage: "It does not listen" };
const note: Check = { id: "note", status: "INFO" };
const failureOfPing = { name: "ping:behaviour", reason: "It does not behave" };
const warningOfPing = { name: "ping:advice", reason: "It does not listen" };

describe("a conformance run", () => {
  it("counts the checks that passed, and nothing that is only told", () => {
    const results = new Map([
      ["ping", [success, note]],
      ["pong", [success]],
    ]);
    expect(passedChecks(results)).toEqual(["ping:shape", "pong:shape"]);
    expect(judge({ results, required: ["ping", "pong:shape"], expectedFailures: [] })).toEqual({
      passed: 2,
      failed: [],
      expectedFailures: [],
      stale: [],
    });
  });

  it("fails for what is not expected, warnings and scenarios that do not count included", () => {
    const results = new Map([["ping", [success, failure, warning]]]);
    const { failed } = judge({ results, required: [], expectedFailures: [] });
    expect(failed).toEqual([failureOfPing, warningOfPing]);
  });

  it("fails for a required scenario in which nothing passed", () => {
    const results = new Map([["ping", [note]]]);
    const { failed } = judge({ results, required: ["ping", "pong"], expectedFailures: [] });
    expect(failed.map(({ name }) => name)).toEqual(["ping", "pong"]);
  });

  it("fails for a required check that is missing, unless its scenario says why", () => {
    const required = ["ping:shape", "ping:more"];
    const missing = judge({ results: new Map([["ping", [success]]]), required, expectedFailures: [] });
    expect(missing.failed.map(({ name }) => name)).toEqual(["ping:more"]);
    const stopped = judge({ results: new Map([["ping", [failure]]]), required, expectedFailures: [] });
    expect(stopped.failed).toEqual([failureOfPing]);
  });

  it("excuses the check that is expected to fail, and nothing else of its scenario", () => {
    const results = new Map([["ping", [success, failure, warning]]]);
    expect(judge({ results, required: ["ping"], expectedFailures: ["ping:behaviour"] })).toEqual({
      passed: 1,
      failed: [warningOfPing],
      expectedFailures: [failureOfPing],
      stale: [],
    });
  });

  it("names expected failures that pass, and those that do not exist", () => {
    const results = new Map([["ping", [success]]]);
    const expectedFailures = ["ping:shape", "ping:shap"];
    expect(judge({ results, required: ["ping"], expectedFailures }).stale).toEqual(expectedFailures);
  });
});
